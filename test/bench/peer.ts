/** An AWS at rest for many services like the lab, over HTTP on the loopback, as fast as Node answers: what a tick is measured against. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const MINUTE_MS = 60_000;

const xml = (operation: string, body: string): string =>
  `<${operation}Response><${operation}Result>${body}</${operation}Result></${operation}Response>`;

/** The values of a list in a query-protocol body, like `Names.member.1`. */
function listed(form: URLSearchParams, list: string): string[] {
  return [...form].flatMap(([key, value]) => (key.startsWith(`${list}.member.`) ? [value] : []));
}

/** Two instances of a group or targets of a target group, by its name. */
const instancesOf = (name: string): string[] => [1, 2].map((i) => `i-${i}-${name}`);

function group(name: string): string {
  const instances = instancesOf(name).map(
    (id) =>
      `<member><InstanceId>${id}</InstanceId><InstanceType>t3.micro</InstanceType><AvailabilityZone>ap-northeast-2a</AvailabilityZone><LifecycleState>InService</LifecycleState><HealthStatus>Healthy</HealthStatus><ProtectedFromScaleIn>false</ProtectedFromScaleIn></member>`,
  );
  return `<member><AutoScalingGroupName>${name}</AutoScalingGroupName><MinSize>1</MinSize><MaxSize>2</MaxSize><DesiredCapacity>2</DesiredCapacity><DefaultCooldown>300</DefaultCooldown><HealthCheckType>ELB</HealthCheckType><CreatedTime>2026-01-01T00:00:00Z</CreatedTime><Instances>${instances.join('')}</Instances></member>`;
}

const arnOf = (name: string): string =>
  `arn:aws:elasticloadbalancing:ap-northeast-2:111122223333:targetgroup/${name}/73e2d6bc24d8a067`;

function health(targetGroupArn: string): string {
  // The group of the lab that goes with this target group.
  const name = (targetGroupArn.split('/')[1] ?? '')
    .replace('target-group', 'group')
    .replace(/standby(?!-group)/, 'standby-group');
  const targets = instancesOf(name).map(
    (id) =>
      `<member><Target><Id>${id}</Id><Port>80</Port></Target><HealthCheckPort>80</HealthCheckPort><TargetHealth><State>healthy</State></TargetHealth></member>`,
  );
  return `<TargetHealthDescriptions>${targets.join('')}</TargetHealthDescriptions>`;
}

function records(name: string): string {
  const set = (identifier: string, weight: number) =>
    `<ResourceRecordSet><Name>${name}.</Name><Type>A</Type><SetIdentifier>${identifier}</SetIdentifier><Weight>${weight}</Weight><TTL>30</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>`;
  return `<ListResourceRecordSetsResponse><ResourceRecordSets>${set('seoul', 100)}${set('tokyo', 0)}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>`;
}

/** CPU at the policy's target, for every query: nothing to do. */
function metrics(body: string): string {
  const { MetricDataQueries }: { MetricDataQueries: { Id: string }[] } = JSON.parse(body);
  const minuteMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  const Timestamps = [5, 4, 3, 2, 1].map((ago) => (minuteMs - ago * MINUTE_MS) / 1000);
  const Values = Timestamps.map(() => 80);
  return JSON.stringify({
    MetricDataResults: MetricDataQueries.map(({ Id }) => ({ Id, Timestamps, Values, StatusCode: 'Complete' })),
  });
}

function answerTo(form: URLSearchParams): string | undefined {
  const operation = form.get('Action') ?? '';
  const bodies: Readonly<Record<string, () => string>> = {
    DescribeAutoScalingGroups: () =>
      `<AutoScalingGroups>${listed(form, 'AutoScalingGroupNames').map(group).join('')}</AutoScalingGroups>`,
    DescribePolicies: () => '<ScalingPolicies/>',
    DescribeScheduledActions: () => '<ScheduledUpdateGroupActions/>',
    DescribeInstanceRefreshes: () => '<InstanceRefreshes/>',
    DescribeTargetGroups: () =>
      `<TargetGroups>${listed(form, 'Names')
        .map(
          (name) => `<member><TargetGroupArn>${arnOf(name)}</TargetGroupArn><TargetType>instance</TargetType></member>`,
        )
        .join('')}</TargetGroups>`,
    DescribeTargetHealth: () => health(form.get('TargetGroupArn') ?? ''),
  };
  const body = bodies[operation];
  return body && xml(operation, body());
}

export interface Peer {
  readonly url: string;
  /** Calls answered so far. */
  calls(): number;
  stop(): Promise<void>;
}

/** Starts it on a free port. What it does not know it answers with 501, which a measurement must not take for a success. */
export async function startPeer(): Promise<Peer> {
  let calls = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    calls += 1;
    const record = new URL(request.url ?? '/', 'http://peer').searchParams.get('name');
    const isJson = String(request.headers['x-amz-target'] ?? '').endsWith('.GetMetricData');
    const answer = isJson ? metrics(body) : record === null ? answerTo(new URLSearchParams(body)) : records(record);
    response.writeHead(answer === undefined ? 501 : 200, {
      'content-type': isJson ? 'application/x-amz-json-1.0' : 'text/xml',
    });
    response.end(answer);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => calls,
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
