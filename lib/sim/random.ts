/** Seeded chance. Streams are named: a draw added to one of them does not shift any other. */

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number, both ends included. */
  int(min: number, max: number): number;
  /** `digits` hexadecimal digits. */
  hex(digits: number): string;
  /** An independent stream: the same name gives the same stream, however much was drawn here. */
  fork(name: string): Random;
}

/** FNV-1a with a final avalanche: four 32-bit words from a text. */
function hash(text: string): [number, number, number, number] {
  const words: [number, number, number, number] = [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    words[0] = Math.imul(words[0] ^ code, 0x01000193);
    words[1] = Math.imul(words[1] ^ code, 0x85ebca6b);
    words[2] = Math.imul(words[2] ^ code, 0xc2b2ae35);
    words[3] = Math.imul(words[3] ^ code, 0x27d4eb2f);
  }
  return words;
}

/** The generator of one world and everything drawn in it. sfc32, after Chris Doty-Humphrey's PractRand (public domain). */
export function createRandom(seed: number, name = ''): Random {
  let [a, b, c, d] = hash(`${seed}/${name}`);
  const word = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) word();
  const random: Random = {
    next: () => word() / 0x100000000,
    int: (min, max) => min + Math.floor(random.next() * (max - min + 1)),
    hex(digits) {
      let text = '';
      while (text.length < digits) text += word().toString(16).padStart(8, '0');
      return text.slice(0, digits);
    },
    fork: (child) => createRandom(seed, `${name}/${child}`),
  };
  return random;
}
