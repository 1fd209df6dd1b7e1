import { expect, test } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Corestore from 'corestore'
import fastify from 'fastify'

test('hypercore and its native store load in a test, and keep what was appended', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'porchlight-native-'))
  try {
    const store = new Corestore(dir)
    const log = store.get({ name: 'log' })
    await log.append(Buffer.from('hello'))
    await store.close()

    const again = new Corestore(dir)
    const block = await again.get({ name: 'log' }).get(0)
    expect(block?.toString()).toBe('hello')
    await again.close()
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})

test("fastify's inject carries cookies with the version that this Node can load", async () => {
  const app = fastify()
  app.get('/', (request, reply) =>
    reply.header('set-cookie', 'seen=1').send(request.headers.cookie),
  )
  const reply = await app.inject({ url: '/', cookies: { a: 'b;c' } })
  expect(reply.body).toBe('a=b%3Bc')
  expect(reply.cookies).toMatchObject([{ name: 'seen', value: '1' }])
  await app.close()
})
