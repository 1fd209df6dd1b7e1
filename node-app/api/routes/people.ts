import Type from '../schemas/type.ts'
import type { ApiContext } from '../context.ts'
import { everybody, findPerson, findWarning } from '../references.ts'
import {
  ApiError,
  PersonParams,
  PersonReference,
  VerificationView,
  VerifyRequest,
  WarningParams,
  WarningView,
} from '../schemas.ts'
import type { Api } from '../server.ts'

/** Persons as this one knows them: compared in person, blocked, warned of. */
export function peopleRoutes({ engine }: ApiContext) {
  const personOf = (request: { params: { person: string } }): PersonReference =>
    findPerson(request.params.person, everybody(engine))
  const verification = { 200: VerificationView, default: ApiError }
  return async (app: Api): Promise<void> => {
    app.get(
      '/people/:person/verification',
      {
        schema: {
          summary: 'The code that both sides compare in person',
          params: PersonParams,
          response: verification,
        },
      },
      (request) => engine.people.verification(personOf(request).id),
    )
    app.put(
      '/people/:person/verification',
      {
        schema: {
          summary: 'Mark a person as verified, by what they show or because a human compared',
          params: PersonParams,
          body: VerifyRequest,
          response: verification,
        },
      },
      async (request) => {
        const { id } = personOf(request)
        await engine.people.verify(id, request.body)
        return engine.people.verification(id)
      },
    )
    app.delete(
      '/people/:person/verification',
      {
        schema: {
          summary: 'Count a person as not verified again',
          params: PersonParams,
          response: verification,
        },
      },
      async (request) => {
        const { id } = personOf(request)
        await engine.people.unverify(id)
        return engine.people.verification(id)
      },
    )
    for (const [method, on, word] of [
      ['put', true, 'Show nothing of a person on this person’s devices'],
      ['delete', false, 'Show a blocked person again'],
    ] as const) {
      app[method](
        '/people/:person/block',
        {
          schema: {
            summary: word,
            params: PersonParams,
            response: { 200: PersonReference, default: ApiError },
          },
        },
        async (request) => {
          const person = personOf(request)
          await engine.people.block(person.id, on)
          return person
        },
      )
    }
    app.get(
      '/warnings',
      {
        schema: {
          summary: 'What does not fit about somebody’s key; each stays until acknowledged',
          response: { 200: Type.Immutable(Type.Array(WarningView)), default: ApiError },
        },
      },
      () => engine.people.warnings(),
    )
    app.delete(
      '/warnings/:warning',
      {
        schema: {
          summary: 'Acknowledge a warning',
          params: WarningParams,
          response: { 200: WarningView, default: ApiError },
        },
      },
      async (request) => {
        const warning = findWarning(request.params.warning, engine.people.warnings())
        await engine.people.acknowledge(warning.id)
        return warning
      },
    )
  }
}
