// The Lambda@Edge bundle as it would be uploaded, CloudFront's events for it, and an S3 server that verifies signatures.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../../tests/helpers.mjs';
import { Store } from '../lambda/store.mjs';

export { fixture, root, sample } from '../../../tests/helpers.mjs';
export const UPLOAD = 'uploads/u1/20260102_030405_abcdef01_photo.jpg';

const run = promisify(execFile);
const REGION = 'eu-central-1';
const [ID, SECRET] = ['AKIADARKROOM', 'a secret of the tests'];

/** An S3 server with one bucket for everything, and the bundle's store on it. */
export async function startStore(objects = {}) {
  const server = spawn(join(root, 'target/release/darkroom-s3'), ['all', ID, SECRET]);
  const [line] = await once(server.stdout, 'data');
  const endpoint = String(line).trim();
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: ID, AWS_SECRET_ACCESS_KEY: SECRET });
  const store = new Store({ endpoint, region: REGION, limits: { store_ms: 5_000 } });
  const put = async (key, bytes, metadata = [], mediaType = 'image/jpeg') => {
    const val = { bucket: 'all', key, bytes: new Uint8Array(bytes), mediaType, cacheControl: 'no-cache', metadata };
    const reply = await store.do({ tag: 'put', val });
    if (reply.tag !== 'stored') throw new Error(`${key}: ${JSON.stringify(reply)}`);
  };
  for (const [key, bytes] of Object.entries(objects)) await put(key, bytes);
  return {
    endpoint,
    put,
    get: async (key) => store.do({ tag: 'get', val: { bucket: 'all', key, head: false, limit: 1n << 40n } }),
    stop: () => server.stdin.end(),
  };
}

/** The handler of a bundle built with these settings. */
export async function bundle(endpoint, { delivery = {}, limits = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-edge-'));
  const built = join(root, 'target/cloudfront');
  try {
    const buckets = { raw: 'all', processed: 'all', thumbnails: 'all' };
    const config = { region: REGION, endpoint, buckets, delivery: { avif: 'wait', ...delivery }, limits };
    await writeFile(join(folder, 'config.toml'), toml(config));
    await run(join(root, 'target/release/darkroom-cloudfront-tool'), [join(folder, 'config.toml'), folder]);
    for (const name of ['edge.js', 'edge.core.wasm']) await copyFile(join(built, name), join(folder, name));
    await run(process.execPath, [join(root, 'edge/cloudfront/bundle.mjs'), folder]);
    await writeFile(join(folder, 'package.json'), '{}'); // not this folder's "module"
    return createRequire(import.meta.url)(join(folder, 'index.js')).handler;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Tables of plain values, one below the other. */
function toml(config) {
  const { delivery, limits, buckets, ...top } = config;
  const lines = (table) => Object.entries(table).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const tables = Object.entries({ delivery, limits, buckets }).map(([name, table]) => [`[${name}]`, ...lines(table)]);
  return [...lines(top), ...tables.flat()].join('\n');
}

const ORIGINS = {
  look: {
    s3: {
      authMethod: 'none',
      customHeaders: {},
      domainName: `all.s3.${REGION}.amazonaws.com`,
      path: '',
      region: REGION,
    },
  },
  make: {
    custom: {
      customHeaders: { 'x-darkroom-pass': [{ key: 'x-darkroom-pass', value: 'make' }] },
      domainName: 'abcdefgh.lambda-url.eu-central-1.on.aws',
      keepaliveTimeout: 60,
      path: '',
      port: 443,
      protocol: 'https',
      readTimeout: 60,
      sslProtocols: ['TLSv1.2'],
    },
  },
};

/** CloudFront's event for an origin request, as the viewer-request function leaves it. */
export function event(pass, uri, { verified = 'webp-any', method = 'GET', headers = {} } = {}) {
  const fields = {
    host: ORIGINS[pass].s3?.domainName ?? ORIGINS[pass].custom.domainName,
    'x-forwarded-for': '203.0.113.178',
    'user-agent': 'Amazon CloudFront',
    via: '2.0 2afae0d44e2540f472c0635ab62c232b.cloudfront.net (CloudFront)',
    'x-darkroom-verified': verified,
    ...headers,
  };
  const request = {
    clientIp: '203.0.113.178',
    headers: Object.fromEntries(Object.entries(fields).map(([key, value]) => [key.toLowerCase(), [{ key, value }]])),
    method,
    origin: structuredClone(ORIGINS[pass]),
    querystring: '',
    uri,
  };
  const config = {
    distributionDomainName: 'd111111abcdef8.cloudfront.net',
    distributionId: 'EDFDVBD6EXAMPLE',
    eventType: 'origin-request',
    requestId: '4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==',
  };
  return { Records: [{ cf: { config, request } }] };
}

export const context = (left = 30_000) => ({ getRemainingTimeInMillis: () => left });

/** The response's bytes. */
export const body = (response) => Buffer.from(response.body ?? '', 'base64');

export const header = (response, name) => response.headers[name]?.[0].value;
