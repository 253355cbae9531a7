/** Notifications over SNS. */
import type { SNSClient } from '@aws-sdk/client-sns';
import { PublishCommand } from '@aws-sdk/client-sns';
import type { NotifyPort } from '../ports.ts';
import { calling } from './errors.ts';

/**
 * "ASCII text that begins with a letter, number, or punctuation mark; must not include line breaks or control
 * characters; and must be less than 100 characters long": https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 * A notice must not be lost over its subject, so it is made to fit.
 */
function fitSubject(subject: string): string {
  return subject
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 99);
}

/** @param clients the SNS client of a region; the region is the one in the topic's ARN. */
export function snsNotify(clients: (region: string) => SNSClient): NotifyPort {
  return {
    publish: (topicArn, subject, message) => {
      const publish = async (): Promise<void> => {
        const region = topicArn.split(':')[3];
        if (region === undefined || region === '') {
          throw new Error(`${topicArn} is not the ARN of a topic; expected arn:aws:sns:<region>:<account>:<name>`);
        }
        const input = { TopicArn: topicArn, Subject: fitSubject(subject), Message: message };
        await clients(region).send(new PublishCommand(input));
      };
      // Whatever SNS has against a notice, it comes after the acting: no answer of it may end a cycle as a bug does.
      return calling(`notify ${topicArn}`, publish, 'Denied');
    },
  };
}
