import { createFileRoute } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { count, fail, seen } from '../functions'

export const Route = createFileRoute('/')({ loader: () => seen(), component: Home })

function Home(): ReactNode {
  return (
    <>
      <p>{Route.useLoaderData()}</p>
      <form method="post" action={count.url}>
        <button type="submit">count</button>
      </form>
      <form method="post" action="/sign-in">
        <button type="submit">sign-in</button>
      </form>
      <form method="post" action="/sign-out">
        <button type="submit">sign-out</button>
      </form>
      <form method="post" action={fail.url}>
        <button type="submit">fail</button>
      </form>
    </>
  )
}
