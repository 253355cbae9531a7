/** Telling a person, once per incident. */
import { incidentOf } from '../core/incidents.ts';
import { isOn, type LiveDrill } from '../core/live-drill.ts';
import type { Decision, Notice, Outcome, Policy, ServiceState } from '../core/model.ts';
import { messageOf } from '../core/reasons.ts';
import { type PortError, type Ports, UNSENT_NOTICES } from '../ports.ts';
import { isPortError } from './reading.ts';
import { viewOf, withoutEffect } from './record.ts';

/** The notice, saying so where none of the actions that it speaks of was applied. */
export function withOutcome(notice: Notice, decisions: readonly Decision[], outcomes: readonly Outcome[]): Notice {
  const views = decisions
    .filter((d) => incidentOf(d) === notice.incident && d.action !== null)
    .map((d) => viewOf(d, outcomes));
  if (views.length === 0 || views.some((v) => v.applied)) return notice;
  const { words, open } = withoutEffect(views[0]?.notApplied);
  return { ...notice, message: `${notice.message} (${words})`, open: open || undefined };
}

/** What people heard was not done yet, and is done now: of each incident the first. */
export function doneNow(
  { incidents }: ServiceState,
  decisions: readonly Decision[],
  outcomes: readonly Outcome[],
): Notice[] {
  const done = decisions.filter(
    (d) => d.action !== null && incidents[incidentOf(d)]?.open === true && viewOf(d, outcomes).applied,
  );
  const first = done.filter((d, index) => done.findIndex((other) => incidentOf(other) === incidentOf(d)) === index);
  return first.map((d) => ({ incident: incidentOf(d), title: d.reason, message: `${messageOf(d)} (applied now)` }));
}

/** What a live drill brought about is over within this time, the way back from the standby included. */
const DRILL_ECHO_MS = 900_000;

/** Whether people hear this during a live drill of the service, or soon after one: as a fact, for something may really be wrong all the same. */
function beside(drill: LiveDrill | null, service: string, nowMs: number): { subject: string; message: string } {
  const sinceMs = drill?.service === service ? nowMs - drill.untilMs : Number.NaN;
  const isOver = sinceMs >= 0 && sinceMs <= DRILL_ECHO_MS;
  if (drill === null || !(isOver || (sinceMs < 0 && isOn(drill, nowMs)))) return { subject: '', message: '' };
  const time = `${new Date(drill.untilMs).toISOString().slice(11, 19)} UTC`;
  return isOver
    ? { subject: ' (after a live drill)', message: `[after the live drill ${drill.scenario}, over since ${time}] ` }
    : { subject: ' (live drill)', message: `[live drill ${drill.scenario} until ${time}] ` };
}

/** A notice that did not go out: people are told of that by an alarm, as the topic may take none of ours. */
export function noteUnsent({ journal }: Ports, error: PortError, fields: Readonly<Record<string, unknown>> = {}): void {
  journal.count(UNSENT_NOTICES, 1);
  journal.write('error', `notification not sent: ${error.message}`, fields);
}

/** Publishes what a person should know; returns the incidents of which they could not be told. `drill`: the last live one. */
export async function tell(
  ports: Ports,
  policy: Policy,
  notices: readonly Notice[],
  drill: LiveDrill | null,
): Promise<string[]> {
  if (notices.length === 0) return [];
  const { service, notify } = policy;
  const drilled = beside(drill, service, ports.clock.nowMs());
  const prefix = `${policy.mode === 'observe' ? '[observe mode, nothing changed] ' : ''}${drilled.message}`;
  const publish = async ({ incident, title, message: said, sinceMs }: Notice): Promise<string[]> => {
    const subject = `evenkeel ${service}: ${title}${drilled.subject}`;
    const late = sinceMs === undefined ? '' : ` (since ${new Date(sinceMs).toISOString().slice(0, 19)}Z, told late)`;
    const message = `${said}${late}`;
    ports.journal.write('warn', `${prefix}${message}`, { service, notice: subject });
    if (notify === undefined) return [];
    try {
      await ports.notify.publish(notify.topicArn, subject, `${prefix}${service}: ${message}`);
      return [];
    } catch (error) {
      if (!isPortError(error)) throw error;
      noteUnsent(ports, error, { service });
      return [incident];
    }
  };
  return (await Promise.all(notices.map(publish))).flat();
}
