/** The live account as `doctor` reads it. */
import { awsAccount } from '../aws/account.ts';
import type { AwsClients } from '../aws/clients.ts';
import { awsDns } from '../aws/dns.ts';
import { awsFleet } from '../aws/fleet.ts';
import { awsMetrics } from '../aws/metrics.ts';
import { awsTargets } from '../aws/targets.ts';
import { pacedDns } from '../controller/paced-dns.ts';
import { pacedTargets, type TargetPace } from '../controller/paced-targets.ts';
import type { World } from '../doctor/read.ts';
import type { Clock } from '../ports.ts';

/** Two a second are what the loop leaves of the account's ten; who waits for a report can wait. */
const DOCTOR_PACE: TargetPace = { readsPerSecond: 2, patienceMs: 600_000 };

export function accountWorld(clients: AwsClients, clock: Clock): World {
  return {
    clock,
    fleet: awsFleet(clients.autoScaling),
    targets: pacedTargets(awsTargets(clients.loadBalancing), clock, DOCTOR_PACE),
    metrics: awsMetrics(clients.cloudWatch),
    dns: pacedDns(awsDns(clients.route53), clock),
    account: awsAccount(clients),
  };
}
