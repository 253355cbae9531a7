/** Faults as a person would say them. */
import type { Fault, Servers } from '../sim/faults.ts';

type FaultOf<Kind extends Fault['kind']> = Extract<Fault, { kind: Kind }>;

/** Weights by set identifier, in one line. */
export const shares = (weights: Readonly<Record<string, number>>): string =>
  Object.entries(weights)
    .map(([id, weight]) => `${id} ${weight}`)
    .join(', ');

const BROKEN = { refuses: 'refuses connections', hangs: 'no longer answers', errors: 'answers 500' } as const;

function who({ site, which, port }: Servers & { readonly port?: number }): string {
  if (which === 'all') return `every server of the ${site}`;
  const where = port === undefined ? '' : `, port ${port},`;
  return `${typeof which === 'string' ? `server ${which}` : `one server of the ${site}`}${where}`;
}

const API = {
  'auto-scaling': 'Auto Scaling',
  elbv2: 'the load balancers’ API',
  cloudwatch: 'CloudWatch',
  route53: 'Route 53',
  sns: 'SNS',
  dynamodb: 'the state table',
} as const;
const ANSWERED = {
  throttled: 'is throttled',
  'server-error': 'fails with 503',
  denied: 'is denied',
  silence: 'is never answered',
  'timeout-after-effect': 'is carried out and never answered',
  stale: 'is answered with what was true at this moment',
  slow: 'takes long',
} as const;

function wordsOfApi({ api, operation, region, how, forSeconds }: FaultOf<'api'>): string {
  const whose = api === undefined ? 'AWS' : API[api];
  const where = region === undefined ? '' : ` in ${region}`;
  return `every call of ${operation ?? whose}${where} ${ANSWERED[how]}, for ${forSeconds} s`;
}

function wordsOfPerson(fault: FaultOf<'person'>): string {
  const who = 'a person at the console';
  switch (fault.edit) {
    case 'weights':
      return `${who} sets the weights to ${shares(fault.weights)}`;
    case 'capacity':
      return `${who} sets the ${fault.site}'s desired capacity to ${fault.desired}`;
    case 'register':
      return `${who} registers ${fault.id} with the ${fault.site}'s target group`;
    case 'register-launched':
      return `${who} registers what the ${fault.site}'s group launched and did not register`;
    case 'deregister': {
      const { which, site } = fault;
      return `${who} deregisters ${typeof which === 'string' ? which : 'a server'} from the ${site}'s target group`;
    }
    case 'bounds':
      return `${who} sets the bounds of the ${fault.site}'s group to ${fault.minSize} and ${fault.maxSize}`;
    case 'operator':
      return `the ${fault.site}'s group ${fault.on ? 'is handed to an operator' : 'is nobody else’s any more'}`;
    case 'record':
      return `${who} edits the record: ${fault.how}`;
  }
}

/** Faults of AWS, of the controller and of people. */
function wordsOfTheRest(fault: Fault): string {
  switch (fault.kind) {
    case 'api':
      return wordsOfApi(fault);
    case 'person':
      return wordsOfPerson(fault);
    case 'launches-broken':
      return fault.count === 0 || fault.condition === 'ok'
        ? `servers that the ${fault.site} launches are well again`
        : `whatever the ${fault.site} launches ${BROKEN[fault.condition]}`;
    case 'zone':
      return fault.lost ? `zone ${fault.zone} is lost, and every server in it` : `zone ${fault.zone} is back`;
    case 'refresh':
      return `an instance refresh of the ${fault.site}'s group begins, for ${fault.seconds} s`;
    case 'pause':
      return `the process of ${fault.sandbox ?? fault.function} is frozen, for ${fault.seconds} s`;
    case 'deploy':
      return 'the functions are deployed anew: what is invoked from now on reads the policy file afresh';
    default:
      return fault.kind;
  }
}

/** What a fault is, in words. */
export function wordsOf(fault: Fault): string {
  switch (fault.kind) {
    case 'server':
      return fault.condition === 'ok' ? `${who(fault)} answers again` : `${who(fault)} ${BROKEN[fault.condition]}`;
    case 'flapping':
      return `${who(fault)} flaps: ${fault.downSeconds} s down, ${fault.upSeconds} s up, for ${fault.forSeconds} s`;
    case 'stress':
      return fault.percent === 0
        ? `${who(fault)} is relieved`
        : `stress on ${who(fault)}: ${fault.percent} % CPU on top`;
    case 'region':
      return fault.lost ? `region ${fault.region} is lost: servers and APIs` : `region ${fault.region} is back`;
    case 'metrics':
      return fault.how === 'dark' ? 'datapoints stop' : 'datapoints come again';
    case 'signal':
      return fault.value === null ? `${fault.signal} follows the load again` : `${fault.signal} shows ${fault.value}`;
    default:
      return wordsOfTheRest(fault);
  }
}
