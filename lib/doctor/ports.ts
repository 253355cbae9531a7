/**
 * What `doctor` needs of the world beside `lib/ports.ts`: the settings of an account that the controller itself never
 * looks at, and the one change that `--fix` makes. Errors are those of `lib/ports.ts`.
 */
import type { FleetView, TargetGroupView } from '../core/model.ts';

/** A group with what else decides whether its policy works. */
export interface GroupView extends FleetView {
  /** Who may call an instance unhealthy: `EC2`, `ELB` … */
  readonly healthCheckTypes: readonly string[];
  /** Seconds after an instance came into service in which only EC2's own checks count. */
  readonly graceSeconds: number;
  readonly targetGroupArns: readonly string[];
}

/** How a target group checks its targets. */
export interface CheckView {
  readonly enabled: boolean;
  /** HTTP, HTTPS or TCP. */
  readonly protocol: string;
  /** `undefined`: it asks for no path. */
  readonly path: string | undefined;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** HTTP codes that pass; `undefined`: no HTTP codes decide (TCP, gRPC). */
  readonly matcher: string | undefined;
}

export interface TargetGroupSettings extends Pick<TargetGroupView, 'arn' | 'targetType'> {
  readonly name: string;
  /** Load balancers that send traffic to it. */
  readonly loadBalancers: number;
  readonly check: CheckView;
}

/** A topic: its subscriptions, and what it is encrypted with. */
export interface TopicView {
  readonly confirmed: number;
  readonly pending: number;
  /** The KMS key, as whoever set it named it: id, ARN or alias. `null`: none. */
  readonly key: string | null;
}

export interface AccountPort {
  /** Groups by name; a name that does not exist is absent. 100 names a call. */
  groups(region: string, names: readonly string[]): Promise<ReadonlyMap<string, GroupView>>;
  /** Every target group of the region: one unknown name would fail a call that asks by name. */
  targetGroups(region: string): Promise<readonly TargetGroupSettings[]>;
  /** Sets what is given of a target group's check, and returns it as read back afterwards. Idempotent. */
  setCheck(region: string, arn: string, settings: Partial<CheckView>): Promise<CheckView>;
  topic(topicArn: string): Promise<TopicView>;
}

/** The state table. */
export interface TableView {
  /** The attribute by which items expire; `null`: none do. */
  readonly ttlAttribute: string | null;
  readonly pointInTimeRecovery: boolean;
}

/** A role with all that its policies say, inline and managed, as the documents are. */
export interface RoleView {
  readonly arn: string;
  readonly documents: readonly unknown[];
}

/** What was deployed. */
export interface DeploymentPort {
  role(name: string): Promise<RoleView>;
  table(name: string): Promise<TableView>;
}
