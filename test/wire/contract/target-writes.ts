/** How targets are registered and deregistered: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Operations.html */
import { expect } from 'vitest';
import { HOME } from '../lab.ts';
import { type Case, casesOf, refused } from './case.ts';
import { DENIED, deregister, elb, INVALID, NO_GROUP, nowhere, register, targetsOf } from './load-balancing.ts';
import type { Peer, Stage } from './peer.ts';

/** Refused, and the targets are as they were. */
async function unchanged(stage: Stage, refusal: () => Promise<void>): Promise<void> {
  const before = await stage.targetsNow(stage.web);
  await refusal();
  expect(await stage.targetsNow(stage.web)).toEqual(before);
}

const registerTargets = casesOf<Peer>('RegisterTargets', {
  success: {
    'a target comes back that was taken out': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      await stage.answered(elb(stage).send(deregister(stage.web, { Id: first, Port: 80 })));
      expect(await stage.targetsNow(stage.web)).not.toContain(`${first}:80`);
      await stage.answered(elb(stage).send(register(stage.web, { Id: first, Port: 80 })));
      expect(await stage.targetsNow(stage.web)).toContain(`${first}:80`);
    },
    'it starts at initial, whatever it was before': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      await stage.answered(elb(stage).send(deregister(stage.web, { Id: first, Port: 80 })));
      await stage.answered(elb(stage).send(register(stage.web, { Id: first, Port: 80 })));
      const targets = await targetsOf(stage, stage.web);
      const state = targets.find(({ Target }) => Target?.Id === first)?.TargetHealth;
      expect(state).toMatchObject({ State: 'initial', Reason: expect.stringMatching(/^Elb\./) });
    },
    'two ports of one server are two targets': async (peer) => {
      const stage = await peer.stage();
      const [first, second] = stage.web.instanceIds;
      await stage.answered(elb(stage).send(register(stage.web, { Id: first, Port: 8080 })));
      const targets = [`${first}:80`, `${first}:8080`, `${second}:80`];
      expect([...(await stage.targetsNow(stage.web))].sort()).toEqual(targets.sort());
    },
    'without a port it is the one of the group': async (peer) => {
      const stage = await peer.stage({ services: 2 });
      const [stranger] = stage.services[1]?.instanceIds ?? [''];
      await stage.answered(elb(stage).send(register(stage.web, { Id: stranger })));
      expect(await stage.targetsNow(stage.web)).toContain(`${stranger}:80`);
    },
    'one that is registered stays as it is': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      const before = await targetsOf(stage, stage.web);
      await stage.answered(elb(stage).send(register(stage.web, { Id: first, Port: 80 })));
      expect(await targetsOf(stage, stage.web)).toEqual(before);
    },
  },
  'not found': {
    'no such target group': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      const command = register({ targetGroupArn: nowhere(stage.web) }, { Id: first, Port: 80 });
      await refused(stage.answered(elb(stage).send(command)), NO_GROUP);
    },
    'no such instance': async (peer) => {
      const stage = await peer.stage();
      const call = () => stage.answered(elb(stage).send(register(stage.web, { Id: 'i-0123456789abcdef0', Port: 80 })));
      await unchanged(stage, () => refused(call(), { kind: 'NotFound', name: 'InvalidTargetException', status: 400 }));
    },
  },
  denied: {
    'changes nothing': async (peer) => {
      const stage = await peer.stage({ services: 2 });
      const [stranger] = stage.services[1]?.instanceIds ?? [''];
      const command = register(stage.web, { Id: stranger, Port: 80 });
      const call = () =>
        stage.denied('elasticloadbalancing:RegisterTargets', (to) => to.loadBalancing(HOME).send(command));
      await unchanged(stage, () => refused(call(), DENIED));
    },
  },
  invalid: {
    'a port that there is not': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      const call = () => stage.answered(elb(stage).send(register(stage.web, { Id: first, Port: 65536 })));
      await unchanged(stage, () => refused(call(), INVALID));
    },
  },
});

const deregisterTargets = casesOf<Peer>('DeregisterTargets', {
  success: {
    'the target is out, the others stay': async (peer) => {
      const stage = await peer.stage();
      const [first, second] = stage.web.instanceIds;
      await stage.answered(elb(stage).send(deregister(stage.web, { Id: first, Port: 80 })));
      expect(await stage.targetsNow(stage.web)).toEqual([`${second}:80`]);
    },
    'only the port that is named': async (peer) => {
      const stage = await peer.stage();
      const [first, second] = stage.web.instanceIds;
      await stage.answered(elb(stage).send(register(stage.web, { Id: first, Port: 8080 })));
      await stage.answered(elb(stage).send(deregister(stage.web, { Id: first, Port: 8080 })));
      expect([...(await stage.targetsNow(stage.web))].sort()).toEqual([`${first}:80`, `${second}:80`].sort());
    },
    'without a port, one that is registered with another port than the group’s stays': async (peer) => {
      const stage = await peer.stage({ services: 2 });
      const [stranger] = stage.services[1]?.instanceIds ?? [''];
      await stage.answered(elb(stage).send(register(stage.web, { Id: stranger, Port: 8080 })));
      await stage.answered(elb(stage).send(deregister(stage.web, { Id: stranger })));
      expect(await stage.targetsNow(stage.web)).toContain(`${stranger}:8080`);
    },
  },
  'not found': {
    'a target that is not registered succeeds': async (peer) => {
      const stage = await peer.stage({ services: 2 });
      const [stranger] = stage.services[1]?.instanceIds ?? [''];
      await unchanged(stage, async () => {
        await stage.answered(elb(stage).send(deregister(stage.web, { Id: stranger, Port: 80 })));
      });
    },
    'no such target group': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      const command = deregister({ targetGroupArn: nowhere(stage.web) }, { Id: first, Port: 80 });
      await refused(stage.answered(elb(stage).send(command)), NO_GROUP);
    },
  },
  denied: {
    'changes nothing': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      const command = deregister(stage.web, { Id: first, Port: 80 });
      const call = () =>
        stage.denied('elasticloadbalancing:DeregisterTargets', (to) => to.loadBalancing(HOME).send(command));
      await unchanged(stage, () => refused(call(), DENIED));
    },
  },
  invalid: {
    'a port that there is not': async (peer) => {
      const stage = await peer.stage();
      const [first] = stage.web.instanceIds;
      const call = () => stage.answered(elb(stage).send(deregister(stage.web, { Id: first, Port: 0 })));
      await unchanged(stage, () => refused(call(), INVALID));
    },
  },
});

export const targetWrites: readonly Case<Peer>[] = [...registerTargets, ...deregisterTargets];
