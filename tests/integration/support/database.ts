/** The database of a test: a file for SQLite, a database of its own on the test run's PostgreSQL. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Client } from 'pg';

export interface TestDatabase {
  env: Record<string, string>;
  drop(): Promise<void>;
}

/** `TEST_POSTGRES` is the port of the server that the test run has started. */
export async function createDatabase(folder: string): Promise<TestDatabase> {
  const port = process.env['TEST_POSTGRES'];
  if (port === undefined) {
    return {
      env: { DATABASE_CLIENT: 'sqlite', DATABASE_FILENAME: join(folder, 'data.db') },
      drop: () => Promise.resolve(),
    };
  }
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(port, `CREATE DATABASE ${name}`);
  return {
    env: {
      DATABASE_CLIENT: 'postgres',
      DATABASE_HOST: '127.0.0.1',
      DATABASE_PORT: port,
      DATABASE_NAME: name,
      DATABASE_USERNAME: 'postgres',
    },
    drop: () => onServer(port, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function onServer(port: string, sql: string): Promise<void> {
  const client = new Client({
    host: '127.0.0.1',
    port: Number(port),
    user: 'postgres',
    database: 'postgres',
  });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
