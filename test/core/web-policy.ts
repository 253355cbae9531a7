import type { Policy } from '../../lib/core/model.ts';

/** The policy of the course's lab (policies/web.yml), every default filled in. */
export const WEB: Policy = {
  service: 'web',
  mode: 'enforce',
  region: 'ap-northeast-2',
  fleet: { autoScalingGroup: 'exercise-group', capacity: { min: 1, max: 2 } },
  scaling: {
    signals: [
      {
        name: 'cpu',
        metric: {
          namespace: 'AWS/EC2',
          name: 'CPUUtilization',
          statistic: 'Average',
          periodSeconds: 60,
          dimensions: { AutoScalingGroupName: 'exercise-group' },
        },
        target: 80,
        onMissing: 'hold',
      },
    ],
    tolerance: 0.1,
    warmupSeconds: 120,
    scaleOut: { maxStep: 4, cooldownSeconds: 60 },
    scaleIn: { maxStep: 1, stabilizationSeconds: 300 },
  },
  health: {
    targetGroup: 'exercise-target-group',
    check: {
      path: '/health',
      intervalSeconds: 5,
      timeoutSeconds: 2,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
      matcher: '200',
    },
    rounds: { unhealthy: 2, healthy: 2 },
    onUnhealthy: 'replace',
    limits: { maxEjectedPercent: 50, minHealthy: 1, panicPercent: 50, replacedPer5Minutes: 3 },
    readmit: { afterSeconds: 30, maxSeconds: 300 },
  },
  failover: {
    hostedZoneId: 'Z0123456789ABCDEFGHIJ',
    record: { name: 'www.example.com', type: 'A' },
    primary: {
      setIdentifier: 'seoul',
      region: 'ap-northeast-2',
      targetGroup: 'exercise-target-group',
      probe: 'https://seoul.example.com/health',
    },
    secondary: {
      setIdentifier: 'tokyo',
      region: 'ap-northeast-1',
      targetGroup: 'exercise-standby',
      autoScalingGroup: 'exercise-standby-group',
      minReadyPercent: 50,
      probe: 'https://tokyo.example.com/health',
    },
    trip: { healthyPercentBelow: 50, rounds: 2, missingRounds: 6 },
    failback: { mode: 'automatic', afterHealthySeconds: 300 },
    limits: { failbacksPerHour: 2 },
  },
};
