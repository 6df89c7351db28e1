import { createFileRoute } from '@tanstack/react-router'

export const Route = createFileRoute('/public')({ component: () => <p>the same for all</p> })
