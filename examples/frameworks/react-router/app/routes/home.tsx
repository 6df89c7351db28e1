import { describe } from '@fetch-sessions/example-frameworks-shared'
import type { ReactNode } from 'react'
import { type ActionFunctionArgs, Form, type LoaderFunctionArgs, useLoaderData } from 'react-router'
import { sessionContext } from '../sessions'

export async function loader({ context }: LoaderFunctionArgs) {
  return describe(await context.get(sessionContext).read())
}

export async function action({ context }: ActionFunctionArgs) {
  const session = await context.get(sessionContext).write()
  session.update('count', (n = 0) => n + 1)
  return null
}

export default function Home(): ReactNode {
  return (
    <>
      <p>{useLoaderData<typeof loader>()}</p>
      <Form method="post" action="/?index">
        <button type="submit">count</button>
      </Form>
      <Form method="post" action="/sign-in">
        <button type="submit">sign-in</button>
      </Form>
      <Form method="post" action="/sign-out">
        <button type="submit">sign-out</button>
      </Form>
      <Form method="post" action="/fail">
        <button type="submit">fail</button>
      </Form>
    </>
  )
}
