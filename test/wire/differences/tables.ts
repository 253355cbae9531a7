import type { Difference } from '../differences.ts';

const API = 'https://docs.aws.amazon.com/amazondynamodb/latest/APIReference';
const ERRORS = 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html';

const DENIED = {
  GetItem: ['denied › is refused'],
  PutItem: ['denied › writes nothing'],
  UpdateItem: ['denied › writes nothing'],
  BatchGetItem: ['denied › is refused'],
  BatchWriteItem: ['denied › writes nothing'],
  Query: ['denied › is refused'],
};

export const TABLE_DIFFERENCES: readonly Difference[] = [
  {
    id: 'table-denied-as-xml',
    peer: 'moto',
    instead: 'denies in XML with HTTP 403, where the SDK expects JSON: only the status tells',
    right: 'AccessDeniedException, HTTP 400',
    page: ERRORS,
    breaks: DENIED,
    looksLike: /got SyntaxError \(HTTP 403, Denied to the adapters\)/,
  },
  {
    id: 'batch-of-any-size',
    peer: 'moto',
    instead: 'writes more than 25 items at once',
    right: '"There are more than 25 requests in the batch": the whole batch is rejected',
    page: `${API}/API_BatchWriteItem.html`,
    breaks: { BatchWriteItem: ['invalid › more than 25 items'] },
    looksLike: /got it was carried out/,
  },
  {
    id: 'any-range',
    peer: 'moto',
    instead: 'takes a range that ends before it begins, and finds nothing in it',
    right:
      'ValidationException: "The BETWEEN operator requires upper bound to be greater than or equal to lower bound", quoted in https://github.com/ExtendDB/extenddb/issues/99',
    page: `${API}/API_Query.html`,
    breaks: { Query: ['invalid › a range that ends before it begins'] },
    looksLike: /got it was carried out/,
  },
  {
    id: 'no-users',
    peer: 'dynalite',
    instead: 'knows no users: whoever asks, may',
    right: 'AccessDeniedException, HTTP 400',
    page: ERRORS,
    breaks: DENIED,
    looksLike: /got it was carried out/,
  },
  {
    id: 'small-answers',
    peer: 'dynalite',
    instead: 'leaves undone what does not fit into 1.4 MB',
    right: '"A single operation can retrieve up to 16 MB of data"',
    page: `${API}/API_BatchGetItem.html`,
    breaks: { BatchGetItem: ['pages › an answer holds up to 16 MB'] },
    looksLike: /to be greater than 40/,
  },
];
