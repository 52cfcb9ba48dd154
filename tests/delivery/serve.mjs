// `darkroom serve` as a shell, and its S3 server for its objects.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { client, root } from '../helpers.mjs';
import { serve } from '../serve.mjs';

// The CloudFront edge has it already.
const { AwsClient } = createRequire(join(root, 'edge/cloudfront/package.json'))('aws4fetch');

const BUCKETS = { raw: 'raw-images', processed: 'processed-images', thumbnails: 'thumbnails' };
const KEYS = { accessKeyId: 'AKIADARKROOM', secretAccessKey: 'a secret of the tests' };

export async function start({ settings: { delivery, limits = {} } = {}, signingKeys, objects = {} } = {}) {
  const server = await serve({
    delivery: { signing_keys: signingKeys, ...delivery },
    s3: { access_key_id: KEYS.accessKeyId, secret_access_key: KEYS.secretAccessKey },
    private_hosts: ['localhost'], // where the tests' own servers are
    uploads: { max_bytes: limits.source_bytes },
    limits: {
      instances: limits.concurrency,
      fetches: limits.concurrency,
      queue: limits.queue_ms && 0, // a number of requests here, and not their time
      origin_seconds: limits.origin_ms && limits.origin_ms / 1000,
    },
  });
  const s3 = new AwsClient({ ...KEYS, region: 'us-east-1', service: 's3' });
  const object = (bucket, key, init) => s3.fetch(`${server.url}/${BUCKETS[bucket]}/${key}`, init);
  const put = async (key, body) => {
    const answer = await object('raw', key, { method: 'PUT', body });
    if (!answer.ok) throw new Error(`${key}: ${answer.status} ${await answer.text()}`);
  };
  for (const [key, bytes] of Object.entries(objects)) await put(key, bytes);
  return {
    ...server,
    put,
    get: client(server.url),
    stored: async (bucket, key) => {
      const { ok, headers } = await object(bucket, key, { method: 'HEAD' });
      const names = [...headers.keys()].filter((name) => name.startsWith('x-amz-meta-'));
      return ok && { type: headers.get('content-type'), metadata: names.map((name) => name.slice(11)).sort() };
    },
    fresh: (path) => path, // there is no cache
  };
}
