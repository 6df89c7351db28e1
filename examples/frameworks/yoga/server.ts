import type { SessionHandle } from '@fetch-sessions/core'
import type { Data } from '@fetch-sessions/example-frameworks-shared'
import { describe, live } from '@fetch-sessions/example-frameworks-shared'
import { createSchema, createYoga } from 'graphql-yoga'
import { serve } from 'srvx'
import { sessions } from './sessions.ts'

interface Context {
  session: SessionHandle<Data>
}

const yoga = createYoga<Context>({
  graphqlEndpoint: '/',
  graphiql: false,
  schema: createSchema<Context>({
    typeDefs: /* GraphQL */ `
      type Query {
        home: String!
        public: String!
      }
      type Mutation {
        count: String!
        signIn: Boolean
        signOut: Boolean
        fail: Boolean
      }
      type Subscription {
        live: String!
      }
    `,
    resolvers: {
      Query: {
        home: async (_, _args, { session }) => describe(await session.read()),
        public: () => 'the same for all',
      },
      Mutation: {
        count: async (_, _args, { session }) => {
          const writable = await session.write()
          writable.update('count', (n = 0) => n + 1)
          return describe(writable)
        },
        signIn: async (_, _args, { session }) => {
          ;(await session.write()).set('user', 'ada').regenerate()
        },
        signOut: async (_, _args, { session }) => {
          ;(await session.write()).destroy()
        },
        fail: async (_, _args, { session }) => {
          ;(await session.write()).set('count', 1000)
          throw new Error('on purpose')
        },
      },
      Subscription: {
        live: {
          subscribe: async (_, _args, { session }) => {
            const stream = (await live(sessions, session)).pipeThrough(new TextDecoderStream())
            return (async function* () {
              for await (const text of stream as unknown as AsyncIterable<string>) yield { live: text }
            })()
          },
        },
      },
    },
  }),
  plugins: [
    // #region sessions
    {
      onExecutionResult: ({ result, request }) => {
        if (result && 'errors' in result) sessions.fail(request)
      },
    },
    // #endregion
  ],
})

// #region sessions
const fetch = (request: Request): Promise<Response> =>
  sessions.handle(request, (session) => yoga.fetch(request, { session }))
// #endregion

serve({ port: process.env.PORT ?? 3000, fetch })
