import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { configSchema } from '../config/schema.ts';

const PROJECT = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(PROJECT, file), 'utf8');

const service = z.object({
  command: z.array(z.string()),
  environment: z.record(z.string(), z.string()).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  ports: z.unknown().optional(),
});
const compose = z
  .object({ services: z.record(z.string(), service) })
  .parse(parse(read('compose.yaml'), { merge: true }));

describe('compose.yaml', () => {
  const { mongo, ...workers } = compose.services;

  it('runs two workers on one replica set that they wait for', () => {
    expect(Object.keys(workers)).toEqual(['worker-1', 'worker-2']);
    for (const worker of Object.values(workers)) {
      expect(worker.environment).toEqual({ MONGODB_URI: 'mongodb://mongo:27017/crossdock?replicaSet=rs0' });
      expect(worker.depends_on).toEqual({ mongo: { condition: 'service_healthy' } });
    }
    expect(mongo?.command).toEqual(['--replSet', 'rs0', '--bind_ip_all']);
    expect(mongo?.healthcheck?.test.at(-1)).toMatch(/rs\.initiate\(\{ _id: 'rs0'.*isWritablePrimary/);
  });

  it('publishes no port of a MongoDB that has no passwords', () => {
    expect(mongo?.ports).toBeUndefined();
  });
});

describe('Dockerfile', () => {
  const text = read('Dockerfile');
  const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) => (sources ?? '').split(' '));

  it('copies only what is there and what .dockerignore lets through', () => {
    const letThrough = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect([...new Set(copied)].sort()).toEqual([...letThrough].sort());
    expect(copied.filter((file) => !existsSync(join(PROJECT, file)))).toEqual([]);
  });

  it('asks for health at the port that the worker listens on', () => {
    const { port } = configSchema.shape.web.parse({});
    expect(text).toContain(`EXPOSE ${port}\n`);
    expect(text).toContain(`http://127.0.0.1:${port}/readyz`);
  });

  it('does not run as root', () => {
    expect(text.slice(text.lastIndexOf('FROM'))).toMatch(/^USER node$/m);
  });
});
