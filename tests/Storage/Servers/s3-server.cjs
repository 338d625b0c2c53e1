// An S3 server for the tests: s3rver, whose store of objects is replaced by one that keeps what S3 promises and s3rver does not. An object is
// replaced at once, a body that was cut short replaces nothing, objects of one folder can be deleted side by side, and deleting many objects takes a
// Content-MD5, as it does at servers older than the checksums of today.
//
// node --openssl-legacy-provider s3-server.cjs S3RVER DATA PORT BUCKET
// Says `listening PORT` when it does, and ends when its standard input does, so that it cannot outlive the tests.
'use strict';

const crypto = require('crypto');
const fs = require('fs/promises');
const path = require('path');

const [s3rver, directory, port, bucket] = process.argv.slice(2);
const Server = require(s3rver);
const Store = require(path.join(s3rver, 'lib/stores/filesystem'));
const S3Object = require(path.join(s3rver, 'lib/models/object'));
const S3Error = require(path.join(s3rver, 'lib/models/error'));

const ignoreMissing = error => {
  if (error.code !== 'ENOENT') throw error;
  return null;
};

class AtomicStore extends Store {
  async putObject({ bucket, key, content }) {
    const chunks = [];
    for await (const chunk of Buffer.isBuffer(content) ? [content] : content) chunks.push(chunk);
    const whole = Buffer.concat(chunks);
    const target = this.getResourcePath(bucket, key, 'object');
    const aside = path.join(this.rootDirectory, crypto.randomUUID());
    await fs.mkdir(path.dirname(target), { recursive: true });
    await fs.writeFile(aside, whole);
    await fs.rename(aside, target);
    return { size: whole.length, md5: crypto.createHash('md5').update(whole).digest('hex') };
  }

  async getObject(bucket, key) {
    const content = await fs.readFile(this.getResourcePath(bucket, key, 'object')).catch(ignoreMissing);
    return content && new S3Object(bucket, key, content, { 'content-length': content.length, 'last-modified': new Date().toUTCString() });
  }

  async getMetadata(bucket, key) {
    const { size, mtime } = await fs.stat(this.getResourcePath(bucket, key, 'object'));
    return { 'content-length': size, 'last-modified': mtime.toUTCString() };
  }

  async deleteObject(bucket, key) {
    await fs.unlink(this.getResourcePath(bucket, key, 'object')).catch(ignoreMissing);
  }
}

async function requireDigest(context, next) {
  if (context.method === 'POST' && 'delete' in context.query && !context.get('Content-MD5'))
    throw new S3Error('InvalidRequest', 'Missing required header for this request: Content-MD5');
  await next();
}

async function start() {
  const server = new Server({ directory, port: Number(port), address: '127.0.0.1', silent: true, configureBuckets: [{ name: bucket }] });
  server.store = server.context.store = new AtomicStore(directory);
  server.middleware.splice(-1, 0, requireDigest);
  const address = await server.run();
  process.stdin.resume().on('end', () => process.exit());
  console.log('listening %d', address.port);
}

start();
