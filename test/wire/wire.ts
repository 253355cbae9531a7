/** What every wire test stands on: moto behind the proxy, and the SDK pointed at it by the variables that it reads itself. */
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { NO_REFRESHES } from './differences/groups.ts';
import { type Moto, startMoto } from './moto.ts';
import { type Canned, type Fault, startProxy, type WireCall, type WireProxy } from './proxy.ts';

/** What AWS answers for a group without any. */
const EMPTY_LIST: Canned = {
  kind: 'canned',
  body: '<DescribeInstanceRefreshesResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><DescribeInstanceRefreshesResult><InstanceRefreshes/></DescribeInstanceRefreshesResult><ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata></DescribeInstanceRefreshesResponse>',
};

/** What the proxy does unless a test says otherwise: it makes up for `NO_REFRESHES`, which breaks every round. */
export function fillGaps(call: WireCall): Fault | Canned | null {
  return Object.hasOwn(NO_REFRESHES.breaks, call.operation) ? EMPTY_LIST : null;
}

export interface Wire {
  readonly moto: Moto;
  readonly proxy: WireProxy;
  /** The environment that points an SDK at the proxy; stubbed in this process, and for a child process to get. */
  readonly env: Readonly<Record<string, string>>;
}

export async function startWire(): Promise<Wire & { stop(): Promise<void> }> {
  const moto = await startMoto();
  const proxy = await startProxy(moto.url);
  proxy.rule = fillGaps;
  const env = {
    AWS_ENDPOINT_URL: proxy.url,
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
  };
  return {
    moto,
    proxy,
    env,
    async stop() {
      await proxy.stop();
      await moto.stop();
    },
  };
}

/** A wire for all tests of a file; faults and latency end with the test that set them. */
export function wire(): Wire {
  let here: Wire & { stop(): Promise<void> };
  beforeAll(async () => {
    here = await startWire();
    for (const [name, value] of Object.entries(here.env)) vi.stubEnv(name, value);
  });
  afterEach(() => {
    here.proxy.rule = fillGaps;
    here.proxy.latencyMs = 0;
    here.proxy.calls.length = 0;
    here.proxy.answered.length = 0;
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await here.stop();
  });
  return {
    get moto() {
      return here.moto;
    },
    get proxy() {
      return here.proxy;
    },
    get env() {
      return here.env;
    },
  };
}
