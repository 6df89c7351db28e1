import type { ReactNode } from 'react'

export default function Public(): ReactNode {
  return <p>the same for all</p>
}
