/** X-Ray: in its own file, because importing the tracer changes the whole process (see runtime.ts). */
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import type { MiddlewareObj } from '@middy/core';

/** Traces a function and the calls that it makes, where Lambda traces at all. Answers are not kept: they can be large. */
export function tracing(): MiddlewareObj {
  return captureLambdaHandler(new Tracer(), { captureResponse: false }) as MiddlewareObj;
}
