/** The course's lab as doctor wants it: behind load balancers, with its metric, and somebody who listens. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildLab, buildZone, HOME, type Lab, labText, policyFrom, reportCpu, STANDBY } from './lab.ts';
import type { Moto } from './moto.ts';

/** A load balancer that sends traffic to this target group. */
async function balance({ boto }: Moto, region: string, name: string, targetGroupArn: string): Promise<void> {
  const { Subnets } = await boto('ec2', region, 'describe_subnets');
  const { LoadBalancers } = await boto('elbv2', region, 'create_load_balancer', {
    Name: name,
    Subnets: [Subnets[0].SubnetId, Subnets[1].SubnetId],
  });
  await boto('elbv2', region, 'create_listener', {
    LoadBalancerArn: LoadBalancers[0].LoadBalancerArn,
    Protocol: 'HTTP',
    Port: 80,
    DefaultActions: [{ Type: 'forward', TargetGroupArn: targetGroupArn }],
  });
}

async function topicWithListener({ boto }: Moto): Promise<string> {
  const { TopicArn } = await boto('sns', STANDBY, 'create_topic', { Name: 'on-call' });
  await boto('sqs', STANDBY, 'create_queue', { QueueName: 'on-call' });
  await boto('sns', STANDBY, 'subscribe', {
    TopicArn,
    Protocol: 'sqs',
    Endpoint: `arn:aws:sqs:${STANDBY}:123456789012:on-call`,
  });
  return TopicArn;
}

export interface HealthyLab extends Lab {
  /** The policy file, for the command. */
  readonly file: string;
}

/** @param edit changes the policy's text before the lab is built after it; `cpu` is what the group's metric says. */
export async function buildHealthyLab(
  moto: Moto,
  { edit = (text: string) => text, cpu = 40 }: { edit?: (text: string) => string; cpu?: number } = {},
): Promise<HealthyLab> {
  const topicArn = await topicWithListener(moto);
  const text = labText(await buildZone(moto), 0, (t) => edit(t.replace(/topicArn: \S+/, `topicArn: ${topicArn}`)));
  const lab = await buildLab(moto, policyFrom(text));
  await balance(moto, HOME, 'home', lab.primaryTargetGroup);
  await balance(moto, STANDBY, 'standby', lab.secondaryTargetGroup);
  await moto.boto('autoscaling', HOME, 'update_auto_scaling_group', {
    AutoScalingGroupName: 'exercise-group',
    HealthCheckType: 'EC2',
  });
  await reportCpu(moto, HOME, 'exercise-group', cpu);
  const file = join(mkdtempSync(join(tmpdir(), 'evenkeel-wire-')), 'web.yml');
  writeFileSync(file, text);
  return { ...lab, file };
}
