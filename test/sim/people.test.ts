import { expect, test } from '@jest/globals'
import { until } from '../compliance/until.ts'
import { SimWorld } from './sim-world.ts'

test('A3: who takes the name of a verified person is warned of; who is blocked is not shown', async () => {
  await SimWorld.run(31, { nodes: 3 }, async (world) => {
    await world.gather()
    const [ann, bob, eve] = world.nodes.map((node) => node.engine)
    await bob!.send(world.room, 'from bob')
    await eve!.send(world.room, 'from eve')
    const texts = async (): Promise<string[]> =>
      (await ann!.messages(world.room)).messages.map(({ text }) => text)
    await until('both messages', async () => (await texts()).length === 2)

    const { code, qr } = bob!.people.verification(ann!.personId)
    expect(ann!.people.verification(bob!.personId).code).toBe(code)
    await ann!.people
      .verify(bob!.personId, { qr: ann!.people.verification(bob!.personId).qr })
      .then(
        () => expect('own QR').toBe('refused'),
        (error: unknown) => expect(error).toMatchObject({ code: 'BAD_REQUEST' }),
      )
    expect(qr).not.toBe(ann!.people.verification(bob!.personId).qr)
    await ann!.people.verify(bob!.personId, { qr })
    const seen = (id: string) => ann!.members(world.room).find((member) => member.id === id)
    expect(seen(bob!.personId)).toMatchObject({ verified: true, confusable: false })

    await eve!.setName(bob!.name)
    await until('the warning', () => ann!.people.warnings().length === 1)
    expect(ann!.people.warnings()).toMatchObject([{ kind: 'name-taken', person: eve!.personId }])
    expect(seen(eve!.personId)).toMatchObject({ verified: false, confusable: true })

    await ann!.people.block(eve!.personId, true)
    expect(await texts()).toEqual(['from bob'])
    await eve!.send(world.room, 'again')
    await bob!.send(world.room, 'bob again')
    await until('bob', async () => (await texts()).includes('bob again'))
    expect(await texts()).toEqual(['from bob', 'bob again'])
    expect((await ann!.search('from')).hits).toHaveLength(1)
    await ann!.people.block(eve!.personId, false)
    await until('all of it', async () => (await texts()).length === 4)
  })
})
