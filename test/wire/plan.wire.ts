import { beforeAll, describe, expect, it } from 'vitest';
import { evenkeel } from '../cli/capture.ts';
import { buildHealthyLab, type HealthyLab } from './healthy-lab.ts';
import { HOME, reportCpu } from './lab.ts';
import { wire } from './wire.ts';

const here = wire();

describe('plan', () => {
  let lab: HealthyLab;
  beforeAll(async () => {
    lab = await buildHealthyLab(here.moto, (text) => text.replace('warmupSeconds: 120', 'warmupSeconds: 1').replace('max: 2', 'max: 4'));
    await here.moto.boto('autoscaling', HOME, 'update_auto_scaling_group', { AutoScalingGroupName: 'exercise-group', MaxSize: 4 });
    await reportCpu(here.moto, HOME, 'exercise-group', 95);
  });

  it('scales out', async () => {
    const { code, out, err } = await evenkeel(['plan', '--policy', lab.file]);
    console.log(code, out, err);
    const more = await evenkeel(['plan', '--policy', lab.file, '--explain']);
    console.log(more.out, more.err);
    expect(code).toBe(0);
  });
});
