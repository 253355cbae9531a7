/** moto's targets never turn unhealthy (see its list of differences): here the proxy makes them, in the shape that AWS answers. */
import type { Rewritten, WireCall } from './proxy.ts';

/** As https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html shows an unhealthy target. */
const UNHEALTHY =
  '<TargetHealth><State>unhealthy</State><Reason>Target.FailedHealthChecks</Reason><Description>Health checks failed</Description></TargetHealth>';

/** Shows these targets as failing for as long as moto has them registered. */
export function failing(ids: ReadonlySet<string>): (call: WireCall) => Rewritten | null {
  const rewrite = (body: string): string =>
    body.replace(/<member>(?:(?!<\/member>)[\s\S])*<\/member>/g, (member) =>
      ids.has(/<Id>([^<]+)<\/Id>/.exec(member)?.[1] ?? '')
        ? member.replace(/<TargetHealth>[\s\S]*<\/TargetHealth>/, UNHEALTHY)
        : member,
    );
  return (call) => (call.operation === 'DescribeTargetHealth' && ids.size > 0 ? { kind: 'rewritten', rewrite } : null);
}
