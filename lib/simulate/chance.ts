/** Drawing from the seed. */
import type { Random } from '../sim/random.ts';

export interface Chance {
  /** True with this probability. */
  maybe(probability: number): boolean;
  /** A whole number, both ends included. */
  int(min: number, max: number): number;
  /** A whole number, small ones far more often: each power of ten as likely as the next. */
  small(min: number, max: number): number;
  pick<T>(list: readonly T[]): T;
  /** One of the values, each as often as its weight says. */
  weighted<T>(choices: readonly (readonly [number, T])[]): T;
  /** The value with this probability, otherwise nothing: the default of the policy's schema then holds. */
  optional<T>(probability: number, value: () => T): T | undefined;
  /** An independent stream: a draw added to one does not shift another. */
  fork(name: string): Chance;
}

/** Draws out of this stream. */
export function chanceOf(random: Random): Chance {
  const chance: Chance = {
    maybe: (probability) => random.next() < probability,
    int: random.int,
    small(min, max) {
      const value = Math.exp(random.next() * Math.log(max - min + 2)) - 1;
      return min + Math.min(max - min, Math.floor(value));
    },
    pick(list) {
      const one = list[random.int(0, list.length - 1)];
      if (one === undefined) throw new Error('nothing to pick from');
      return one;
    },
    weighted(choices) {
      let left = random.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
      const found = choices.find(([weight]) => {
        left -= weight;
        return left < 0;
      });
      return (found ?? (choices[choices.length - 1] as (typeof choices)[number]))[1];
    },
    optional: (probability, value) => (random.next() < probability ? value() : undefined),
    fork: (name) => chanceOf(random.fork(name)),
  };
  return chance;
}
