import { createFileRoute } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { recover } from '../functions'

export const Route = createFileRoute('/recover')({ loader: () => recover(), component: Recovered })

function Recovered(): ReactNode {
  return (
    <>
      <p>{Route.useLoaderData()}</p>
      <form method="post" action={recover.url}>
        <button type="submit">recover</button>
      </form>
    </>
  )
}
