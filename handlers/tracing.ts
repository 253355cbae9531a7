/** X-Ray: in its own file, because importing the tracer changes the whole process (see runtime.ts). */
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import type { MiddlewareObj } from '@middy/core';

/**
 * Traces a function where Lambda traces at all. Answers are not kept: they can be large. Nor are the calls to AWS: a tick
 * over a hundred services makes some 2,500, and a trace may hold 500 KB: https://docs.aws.amazon.com/general/latest/gr/xray.html
 */
export function tracing(): MiddlewareObj {
  return captureLambdaHandler(new Tracer({ captureHTTPsRequests: false }), { captureResponse: false }) as MiddlewareObj;
}
