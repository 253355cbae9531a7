/** What SNS does: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
import { PublishCommand } from '@aws-sdk/client-sns';
import { expect } from 'vitest';
import { STANDBY } from '../lab.ts';
import { type Case, casesOf, refused } from './case.ts';
import type { Peer, Stage } from './peer.ts';

const INVALID = { kind: 'bug', name: 'InvalidParameterException', status: 400 } as const;
const MESSAGE = { Subject: 'web: EJECT', Message: 'eject i-1:80, which failed its 2 rounds' };

const publish = (stage: Stage, TopicArn: string, input = {}) =>
  stage.answered(stage.clients.sns(STANDBY).send(new PublishCommand({ TopicArn, ...MESSAGE, ...input })));

/** Refused, and nobody hears of it. */
async function unheard(peer: Peer, input: object): Promise<void> {
  const stage = await peer.stage();
  const topic = await stage.listen();
  await refused(publish(stage, topic, input), INVALID);
  expect(await stage.publishedNow()).toEqual([]);
}

export const notifyCases: readonly Case<Peer>[] = casesOf<Peer>('Publish', {
  success: {
    'the listener gets subject and message': async (peer) => {
      const stage = await peer.stage();
      expect((await publish(stage, await stage.listen())).MessageId).toMatch(/^[0-9a-f-]{36}$/);
      expect(await stage.publishedNow()).toEqual([{ subject: MESSAGE.Subject, message: MESSAGE.Message }]);
    },
  },
  'not found': {
    'an unknown topic': async (peer) => {
      const stage = await peer.stage();
      const call = publish(stage, `${await stage.listen()}-nobody`);
      await refused(call, { kind: 'NotFound', name: 'NotFoundException', status: 404 });
    },
  },
  denied: {
    'nobody hears of it': async (peer) => {
      const stage = await peer.stage();
      const command = new PublishCommand({ TopicArn: await stage.listen(), ...MESSAGE });
      const call = stage.denied('sns:Publish', (to) => to.sns(STANDBY).send(command));
      await refused(call, { kind: 'Denied', name: 'AuthorizationErrorException', status: 403 });
      expect(await stage.publishedNow()).toEqual([]);
    },
  },
  invalid: {
    'a subject of more than a line': (peer) => unheard(peer, { Subject: 'web:\nEJECT' }),
    'a subject of more than a hundred characters': (peer) => unheard(peer, { Subject: 'x'.repeat(101) }),
    'no message': (peer) => unheard(peer, { Message: '' }),
  },
});
