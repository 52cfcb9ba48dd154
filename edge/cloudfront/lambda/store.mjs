// S3 with signed requests: executes the component's steps.
import { AwsClient } from 'aws4fetch';

const METADATA = 'x-amz-meta-';

export class Store {
  #client;
  #settings;

  constructor(settings) {
    this.#settings = settings;
  }

  /** Executes one step, and returns its reply. */
  async do(step) {
    try {
      return step.tag === 'put' ? await this.#put(step.val) : await this.#get(step.val);
    } catch (error) {
      return { tag: 'failed', val: `${step.val.bucket}: ${error.message}` };
    }
  }

  /** The bucket's host, as CloudFront's origins name it. */
  domain(bucket) {
    return `${bucket}.s3.${this.#settings.region}.amazonaws.com`;
  }

  /**
   * A key as a URL's path. S3 reads a plus as a space. The equals signs and commas of variants stay unescaped: RFC 3986
   * allows them in a path, and CloudFront, which signs the path for the bucket, is not known to sign their escapes as
   * S3 does.
   */
  encode(key) {
    return key.split('/').map(encodeURIComponent).join('/').replaceAll('%3D', '=').replaceAll('%2C', ',');
  }

  async #get({ bucket, key, head, limit }) {
    const response = await this.#fetch(bucket, key, { method: head ? 'HEAD' : 'GET' });
    // Without permission to list, S3 answers 403 for a missing key.
    if (response.status === 404 || response.status === 403) return this.#drop(response, { tag: 'missing' });
    if (!response.ok) return this.#drop(response, { tag: 'failed', val: `S3 answered ${response.status}` });
    const length = BigInt(response.headers.get('content-length') ?? 0);
    if (!head && length > limit) return this.#drop(response, { tag: 'too-long', val: length });
    return { tag: 'found', val: found(response.headers, new Uint8Array(head ? 0 : await response.arrayBuffer())) };
  }

  async #put({ bucket, key, bytes, mediaType, cacheControl, metadata }) {
    const headers = { 'content-type': mediaType, 'cache-control': cacheControl };
    for (const [name, value] of metadata) headers[METADATA + name] = value;
    const response = await this.#fetch(bucket, key, { method: 'PUT', headers, body: bytes });
    const reply = response.ok ? { tag: 'stored' } : { tag: 'failed', val: `S3 answered ${response.status}` };
    return this.#drop(response, reply);
  }

  /** Returns the reply, once the connection is free for another request. */
  async #drop(response, reply) {
    await response.body?.cancel();
    return reply;
  }

  #fetch(bucket, key, init) {
    const { endpoint, region, limits } = this.#settings;
    const base = endpoint ? `${endpoint}/${bucket}` : `https://${this.domain(bucket)}`;
    this.#client ??= new AwsClient({
      // Lambda's own variables, which Lambda@Edge also has: the function's role.
      accessKeyId: process.env.AWS_ACCESS_KEY_ID,
      secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
      sessionToken: process.env.AWS_SESSION_TOKEN,
      service: 's3',
      region,
      retries: 0, // the origin function is the second try
    });
    const signal = AbortSignal.timeout(limits.store_ms);
    return this.#client.fetch(`${base}/${this.encode(key)}`, { ...init, signal });
  }
}

function found(headers, bytes) {
  const metadata = [...headers].filter(([name]) => name.startsWith(METADATA));
  return {
    bytes,
    etag: (headers.get('etag') ?? '').replace(/^W\//, '').replaceAll('"', ''),
    mediaType: headers.get('content-type') ?? '',
    lastModified: headers.get('last-modified') ?? undefined,
    metadata: metadata.map(([name, value]) => [name.slice(METADATA.length), value]),
  };
}
