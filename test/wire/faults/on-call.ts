/** Who is on call: a topic whose messages go to a queue, read by boto3. */
import { STANDBY } from '../lab.ts';
import type { Moto } from '../moto.ts';

const NAME = 'on-call';

/** @returns the topic's ARN. */
export async function buildTopic({ boto }: Moto): Promise<string> {
  const { TopicArn } = await boto('sns', STANDBY, 'create_topic', { Name: NAME });
  const { QueueUrl } = await boto('sqs', STANDBY, 'create_queue', { QueueName: NAME });
  const asked = { QueueUrl, AttributeNames: ['QueueArn'] };
  const { Attributes } = await boto('sqs', STANDBY, 'get_queue_attributes', asked);
  await boto('sns', STANDBY, 'subscribe', { TopicArn, Protocol: 'sqs', Endpoint: Attributes.QueueArn });
  return TopicArn;
}

/** Subjects of what was told since somebody last asked. */
export async function told({ boto }: Moto): Promise<string[]> {
  const { QueueUrl } = await boto('sqs', STANDBY, 'get_queue_url', { QueueName: NAME });
  const subjects: string[] = [];
  for (;;) {
    const { Messages = [] } = await boto('sqs', STANDBY, 'receive_message', { QueueUrl, MaxNumberOfMessages: 10 });
    if (Messages.length === 0) return subjects;
    for (const { Body, ReceiptHandle } of Messages) {
      subjects.push(JSON.parse(Body).Subject);
      await boto('sqs', STANDBY, 'delete_message', { QueueUrl, ReceiptHandle });
    }
  }
}
