/**
 * What stands in for `@aws-sdk/credential-provider-node` in the packaged functions (see `alias` in serverless.yml). Lambda
 * hands its role's keys to a function in the environment, https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html,
 * and `invoke local` does the same with whatever it has found. The SDK's own chain also brings sign-in, SSO, profiles,
 * processes and web identity, with two more clients for them: 30 KB of each zip and 11 ms of each start.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
