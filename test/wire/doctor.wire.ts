import { beforeAll, describe, expect, it } from 'vitest';
import { evenkeel } from '../cli/capture.ts';
import { buildHealthyLab, type HealthyLab } from './healthy-lab.ts';
import { wire } from './wire.ts';

const here = wire();

describe('doctor', () => {
  let lab: HealthyLab;
  beforeAll(async () => {
    lab = await buildHealthyLab(here.moto);
  });

  it('finds no error in a healthy lab', async () => {
    const { code, out, err } = await evenkeel(['doctor', lab.file]);
    console.log(out, err);
    expect(code).toBe(0);
  });
});
