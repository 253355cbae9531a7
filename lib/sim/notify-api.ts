/** The SNS operation that the controller uses: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
import type { PublishCommandInput } from '@aws-sdk/client-sns';
import { InvalidParameterException, NotFoundException, PublishCommand } from '@aws-sdk/client-sns';
import type { Call, Operation } from './operations.ts';
import { metadata, operationsOf } from './operations.ts';

/** "Must not include line breaks or control characters; and must be less than 100 characters long": the same page. */
const LONGEST_SUBJECT = 99;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what SNS refuses.
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;

const invalid = (what: string): Error =>
  new InvalidParameterException({ message: `Invalid parameter: ${what}`, $metadata: metadata(400) });

/** Not a write: nothing of the users' changes. The account has the topics that its services notify. */
function publish(
  { account }: Call,
  { TopicArn: topicArn = '', Subject: subject, Message: message = '' }: PublishCommandInput,
) {
  if (message === '') throw invalid('Empty message');
  if (
    subject !== undefined &&
    (subject === '' || subject.length > LONGEST_SUBJECT || CONTROL_CHARACTER.test(subject))
  ) {
    throw invalid('Subject');
  }
  const exists = [...account.services.values()].some(({ policy }) => policy.notify?.topicArn === topicArn);
  if (!exists) throw new NotFoundException({ message: 'Topic does not exist', $metadata: metadata(404) });
  account.history.append({
    kind: 'notification',
    atMs: account.clock.nowMs(),
    topicArn,
    subject: subject ?? '',
    message,
  });
  return { MessageId: '00000000-0000-4000-8000-000000000000' };
}

export const notifyOperations: readonly Operation[] = [operationsOf('sns').read('Publish', PublishCommand, publish)];
