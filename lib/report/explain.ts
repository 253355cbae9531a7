/** A decision in words: inputs, rule, the steps with every cut, what was rejected and why, what became of the action. */
import { reasonOf } from '../core/reasons.ts';
import { columns } from './columns.ts';
import type { ActionJson, DecisionJson } from './decision.ts';
import { NOT_APPLIED, NUMBERS, RULES } from './glossary.ts';
import type { Paint } from './paint.ts';

/** The lines of the explanation. */
export function explainDecision(decision: DecisionJson, paint: Paint): string[] {
  const { service, area, reason, message, atSeconds } = decision;
  const at = atSeconds === undefined ? '' : ` at ${atSeconds} s`;
  const title = `${service === undefined ? '' : `${service}, `}${area}${at}: ${reason}`;
  const section = (name: string, lines: readonly string[]): string[] => ['', paint('bold', name), ...lines];
  return [
    paint('bold', title),
    message,
    ...section('Inputs', inputs(decision)),
    ...section('Rule', [`  ${reason}: ${reasonOf(reason).meaning}`, ...RULES[area].map((line) => `  ${line}`)]),
    ...(decision.steps === undefined ? [] : section('Steps', steps(decision.steps))),
    ...section('Rejected', rejected(decision.rejected ?? [])),
    ...section('Action', outcome(decision)),
  ];
}

function inputs({ area, numbers }: DecisionJson): string[] {
  const rows = Object.entries(numbers).map(([name, value]) => [
    name,
    value === null ? 'unknown' : value === '' ? 'none' : String(value),
    NUMBERS[area][name] ?? '',
  ]);
  return rows.length === 0 ? ['  none: this decision needs no numbers'] : columns(rows);
}

/** From `stabilize` on each step may only change what the one before made of the need; where it does, that is said. */
function steps(all: NonNullable<DecisionJson['steps']>): string[] {
  const rows = all.map(({ step, value, note }, index) => {
    const before = step === 'recommend' || step === 'combine' ? undefined : all[index - 1]?.value;
    const changed = typeof before === 'number' && value !== null && before !== value;
    const how = changed ? `${value < before ? 'cuts' : 'raises'} ${before} to ${value}: ` : '';
    return [step, value === null ? '-' : String(value), `${how}${note}`];
  });
  return columns(rows);
}

function rejected(options: NonNullable<DecisionJson['rejected']>): string[] {
  if (options.length === 0) return ['  nothing'];
  return options.map(({ option, reason }) => `  ${option}: ${reason}. ${reasonOf(reason).meaning}`);
}

function outcome({ action, applied, notApplied }: DecisionJson): string[] {
  if (action === null) return ['  none'];
  const { what, onlyIf } = inWords(action);
  return [`  ${what}`, `  Only if ${onlyIf}.`, `  ${becameOf(applied, notApplied)} (id ${action.id})`];
}

function becameOf(applied: boolean, notApplied: string | undefined): string {
  if (applied) return 'Applied: AWS accepted it.';
  if (notApplied === undefined) return 'Not applied.';
  const [code = ''] = notApplied.split(':');
  const meaning = Object.hasOwn(NOT_APPLIED, code) ? ` ${NOT_APPLIED[code as keyof typeof NOT_APPLIED]}` : '';
  return `Not applied, ${notApplied}.${meaning}`;
}

/** What the action does, and the precondition that the gate re-reads right before the write. */
export function inWords(action: ActionJson): { what: string; onlyIf: string } {
  const where = `(${action.region})`;
  switch (action.kind) {
    case 'setCapacity':
      return {
        what: `Set the desired capacity of ${action.group} ${where} from ${action.from} to ${action.to}.`,
        onlyIf: `it is still ${action.from}${action.to < action.from ? ' and no deployment has begun' : ''}`,
      };
    case 'parkFleet':
    case 'unparkFleet':
      return {
        what: `Set ${action.group} ${where} to minimum ${action.to.minSize} and desired ${action.to.desired}.`,
        onlyIf: `they are still ${action.from.minSize} and ${action.from.desired}`,
      };
    case 'deregisterTarget':
      return {
        what: `Deregister ${action.target.key} from ${action.targetGroup} ${where}${action.replace ? '; its instance is then replaced' : ''}.`,
        onlyIf: 'it is still registered and still unhealthy',
      };
    case 'registerTarget':
      return {
        what: `Register ${action.target.key} with ${action.targetGroup} ${where} again.`,
        onlyIf: 'it is not registered',
      };
    case 'replaceInstance':
      return {
        what: `Report ${action.instanceId} unhealthy to ${action.group} ${where}, which replaces it.`,
        onlyIf: `it is still in service, healthy to the group and unprotected, and the budget lasts${action.after === null ? '' : `; after action ${action.after}`}`,
      };
    case 'moveDns': {
      const weights = Object.entries(action.weights).map(([id, weight]) => `${id} ${weight}`);
      return {
        what: `Move ${action.name} to the ${action.to}: weights ${weights.join(', ')}, in one Route 53 batch.`,
        onlyIf: 'the record sets are exactly those that were observed; the batch itself checks it',
      };
    }
  }
}
