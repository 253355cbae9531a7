/** Errors in the words and in the shape that each of our six services uses, so that the SDK raises what it would for AWS. */
import type { WireCall } from './wire-call.ts';

/** An answer that says no, as it goes over the wire. */
interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const REQUEST_ID = '00000000-0000-0000-0000-000000000000';

/** XML namespaces: of the query protocol one for each service, and that of Route 53. */
const XML_OF: Readonly<Record<string, string>> = {
  autoscaling: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
  elasticloadbalancing: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
  sns: 'http://sns.amazonaws.com/doc/2010-03-31/',
  route53: 'https://route53.amazonaws.com/doc/2013-04-01/',
};

/** Shapes that belong to every service have another namespace than its own ones; clients cut it off. */
const SHAPE_PREFIX: Readonly<Record<string, string>> = {
  dynamodb: 'com.amazonaws.dynamodb.v20120810#',
  monitoring: 'com.amazonaws.cloudwatch.v2010_08_01#',
};

/**
 * The answer with this status and code. JSON 1.0 for DynamoDB and CloudWatch; CloudWatch once spoke the query protocol and
 * still names its old code in a header: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html (awsQueryCompatible).
 */
export function errorAnswer(call: WireCall, status: number, code: string, message = `injected ${code}`): ErrorAnswer {
  const fault = status >= 500 ? 'Receiver' : 'Sender';
  const prefix = SHAPE_PREFIX[call.service];
  if (prefix !== undefined) {
    // What the query protocol called `Throttling` is a shape named `ThrottlingException` in JSON.
    const shape = /(Exception|Fault|Error)$/.test(code) ? code : `${code}Exception`;
    const query = call.service === 'monitoring' ? { 'x-amzn-query-error': `${code};${fault}` } : {};
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': REQUEST_ID, ...query };
    return { status, headers, body: JSON.stringify({ __type: `${prefix}${shape}`, message }) };
  }
  const xmlns = XML_OF[call.service];
  if (xmlns === undefined) throw new Error(`the proxy does not know how ${call.service} says that something is wrong`);
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': REQUEST_ID },
    body: `<ErrorResponse xmlns="${xmlns}"><Error><Type>${fault}</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>${REQUEST_ID}</RequestId></ErrorResponse>`,
  };
}

/** What AWS says of a call that came too soon; of one without permission; and while it is out of order. */
export type Complaint = 'throttling' | 'denied' | 'out-of-order';

/** JSON services answer 400 to what is the caller's fault, the others 403 to who may not: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html */
export function complaint(call: WireCall, about: Complaint): ErrorAnswer {
  switch (about) {
    case 'throttling':
      return errorAnswer(call, 400, 'Throttling', 'Rate exceeded');
    case 'denied': {
      const action = `${call.service}:${call.operation}`;
      const words = `User: arn:aws:iam::123456789012:user/evenkeel is not authorized to perform: ${action}`;
      return errorAnswer(call, call.service in SHAPE_PREFIX ? 400 : 403, 'AccessDenied', words);
    }
    case 'out-of-order':
      return errorAnswer(call, 503, 'ServiceUnavailable', 'Service Unavailable');
  }
}
