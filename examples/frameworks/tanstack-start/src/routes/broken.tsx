import { createFileRoute } from '@tanstack/react-router'
import { fail } from '../functions'

/** A page whose loader calls a function that fails. */
export const Route = createFileRoute('/broken')({ loader: () => fail(), component: () => <p>Nobody gets here</p> })
