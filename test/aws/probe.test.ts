import { describe, expect, test } from 'vitest';
import { httpProbe } from '../../lib/aws/probe.ts';
import { awsServer } from './aws-server.ts';

const site = awsServer();
const probe = httpProbe();
const url = () => `http://127.0.0.1:${site.port}/health`;

describe('the probe', () => {
  test.each([200, 204, 299])('passes on %i', async (status) => {
    site.answer = () => ({ status });
    expect(await probe.probe(url(), 1000)).toBe(true);
    expect(site.asked.map((asked) => `${asked.method} ${asked.url}`)).toEqual(['GET /health']);
  });

  test.each([301, 302, 304, 400, 404, 500, 503])('fails on %i', async (status) => {
    site.answer = () => ({ status });
    expect(await probe.probe(url(), 1000)).toBe(false);
  });

  test('does not follow a redirect to a page that would pass', async () => {
    site.answer = (asked) => ({ status: asked.url === '/health' ? 302 : 200 });
    expect(await probe.probe(url(), 1000)).toBe(false);
    expect(site.asked).toHaveLength(1);
  });

  test('fails when the site says nothing within the timeout', async () => {
    site.answer = () => 'silence';
    const startedMs = performance.now();
    expect(await probe.probe(url(), 150)).toBe(false);
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThan(100);
    expect(tookMs).toBeLessThan(1000);
  });

  test('passes on the head of an answer, without waiting for its body', async () => {
    site.answer = () => 'stall';
    expect(await probe.probe(url(), 1000)).toBe(true);
  });

  test.each(['http://127.0.0.1:1/', 'http://site.invalid/', 'not a url'])(
    'fails on %s and never rejects',
    async (nowhere) => {
      expect(await probe.probe(nowhere, 1000)).toBe(false);
    },
  );

  test('passes on a site whose last connection died since: each asks on one of its own', async () => {
    site.answer = () => ({ status: 200 });
    await probe.probe(url(), 1000);
    site.idleMs = 20;
    await new Promise((passed) => setTimeout(passed, 50));
    expect(await probe.probe(url(), 1000)).toBe(true);
    expect(site.connections).toBeGreaterThanOrEqual(2);
  });

  test('fails when the connection breaks', async () => {
    site.answer = () => 'hang up';
    expect(await probe.probe(url(), 1000)).toBe(false);
  });
});
