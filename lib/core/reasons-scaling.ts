/** Reason codes of scaling. */
import type { Reason } from './reason.ts';

export const SCALING = {
  STEADY: {
    areas: ['scaling'],
    meaning: 'The signals ask for the capacity that is already desired.',
    says: 'steady at {desired}: the signals ask for {need}',
  },
  SCALE_OUT: {
    areas: ['scaling'],
    meaning: 'The largest need of all signals is above the desired capacity.',
    says: 'scale out from {desired} to {to}: {asks}',
  },
  FORECAST_OUT: {
    areas: ['scaling'],
    meaning:
      'The signals do not need more than is desired yet, but `scaling.forecast` foretells that they will, or keeps room for peaks.',
    says: 'scale out from {desired} to {to} ahead of need: forecast {foretoldOf} {forecast}',
  },
  SCALE_IN: {
    areas: ['scaling'],
    meaning: 'Every signal needed less over the whole stabilization window and no interlock stands.',
    says: 'scale in from {desired} to {to}: no signal needed more than {windowNeed} for {windowSeconds} s',
  },
  BELOW_MINIMUM: {
    areas: ['scaling'],
    meaning: 'Desired capacity is below the lower bound; it is raised whatever the signals say.',
    says: 'raise from {desired} to {to}: the lower bound is {lower}',
  },
  ABOVE_MAXIMUM: {
    areas: ['scaling'],
    meaning: 'Desired capacity is above the upper bound; it is lowered step by step under the rules of scaling in.',
    says: 'lower from {desired} to {to}: the upper bound is {upper}',
  },
  AT_MAXIMUM: {
    areas: ['scaling'],
    meaning: 'The signals, or an order by hand, need more than the upper bound allows.',
    says: 'need {need}, but the upper bound is {upper}',
    notify: 'at once',
  },
  AT_MINIMUM: {
    areas: ['scaling'],
    meaning: 'The signals need less than the lower bound.',
    says: 'need {need}, kept at the lower bound {lower}',
  },
  COOLDOWN: {
    areas: ['scaling'],
    meaning: 'The last scale-out is younger than `scaleOut.cooldownSeconds`.',
    says: '{wanted} wanted above {desired}, waiting {waitSeconds} s more since the last scale-out',
  },
  STABILIZING: {
    areas: ['scaling'],
    meaning: 'Not every datapoint of the stabilization window, later than the last change, agrees to scale in.',
    says: 'need {need} below {desired}, but the window of {windowSeconds} s asks for {windowNeed} on {points} of {pointsNeeded} datapoints',
  },
  FORECAST_HOLD: {
    areas: ['scaling'],
    meaning:
      'The signals agree to scale in, but `scaling.forecast` foretells that the capacity is soon needed again, or keeps it for peaks.',
    says: 'need {need} below {desired}, but forecast {foretoldOf} {forecast}',
  },
  SIGNAL_MISSING: {
    areas: ['scaling'],
    meaning: 'A signal has no fresh datapoint: nothing is scaled in, and out only on what is known.',
    says: 'no fresh datapoint of {missing}: hold at {desired}',
  },
  SIGNAL_UNREADABLE: {
    areas: ['scaling'],
    meaning:
      'A signal cannot be read, and a datapoint of it is due: nothing is scaled in, and out only on what is known.',
    says: '{missing} cannot be read: hold at {desired}',
    notify: 'lasting',
  },
  SIGNAL_MISSING_OUT: {
    areas: ['scaling'],
    meaning: 'A signal with `onMissing: scaleOut` has no fresh datapoint: one step out, once per incident.',
    says: 'no fresh datapoint of {missing}: one step out from {desired} to {to}',
    notify: 'at once',
  },
  INSTANCES_PENDING: {
    areas: ['scaling'],
    meaning: 'No scale-in while instances are on their way.',
    says: 'need {need} below {desired}, but instances are on their way: {pending}',
  },
  INSTANCES_WARMING: {
    areas: ['scaling', 'health'],
    meaning: 'An instance is younger than `warmupSeconds`: no scale-in, and its target is not ejected yet.',
    says: 'instances are still warming up: {warming}',
  },
  INSTANCES_TERMINATING: {
    areas: ['scaling'],
    meaning: 'No scale-in while instances are terminating.',
    says: 'need {need} below {desired}, but instances are terminating: {terminating}',
  },
  TARGETS_FAILING: {
    areas: ['scaling'],
    meaning:
      'No scale-in while a target is failing, in doubt, ejected, draining or yet to pass its first checks, or a server in service is no target of a group of instances.',
    says: 'need {need} below {desired}, but targets are failing, ejected, draining, not serving yet or not registered: {troubled}',
  },
  FAILED_OVER: {
    areas: ['scaling'],
    meaning: 'No scale-in of the primary while the service is not on it.',
    says: 'need {need} below {desired}, but the service is failed over',
  },
  TRAFFIC_UNKNOWN: {
    areas: ['scaling'],
    meaning:
      'No scale-in while the record is not the pair that the policy names, and gives the primary no weight: it may have no traffic.',
    says: 'need {need} below {desired}, but nobody knows whether the primary has traffic: {because}',
  },
  OTHER_SCALER: {
    areas: ['scaling'],
    meaning: 'No scale-in while another scaler (policy, schedule, predictive scaling) is active on the group.',
    says: 'need {need} below {desired}, but another scaler is active: {scalers}',
    notify: 'at once',
  },
  OTHER_SCALER_UNKNOWN: {
    areas: ['scaling'],
    meaning: 'No scale-in while the other scalers of the group cannot be read.',
    says: 'need {need} below {desired}, but whether another scaler is active cannot be read',
    notify: 'lasting',
  },
  BOUNDS_CONFLICT: {
    areas: ['scaling'],
    meaning: 'The largest minimum is above the smallest maximum of policy, group and order.',
    says: 'no capacity fits: lower bound {lower}, upper bound {upper}',
    notify: 'at once',
  },
  CAPACITY_ORDER: {
    areas: ['scaling'],
    meaning: 'A capacity ordered by hand is a floor until it expires.',
    says: 'raise from {desired} to {to}: ordered by hand',
  },
  UNPARK: {
    areas: ['scaling'],
    meaning: 'The service was released: the group gets back the size it had.',
    says: 'restore the group to minimum {minSize} and desired {to}',
  },
} satisfies Record<string, Reason>;
