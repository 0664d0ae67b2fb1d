import type { GetServerSideProps } from 'next'

interface Props {
  readonly subject: string
  readonly locale: string
}

export const getServerSideProps: GetServerSideProps<Props> = async ({ req, locale = '' }) => ({
  props: { subject: String(req.headers['x-latchkey-subject'] ?? 'nobody'), locale },
})

export default function Admin({ subject, locale }: Props) {
  return (
    <main>
      secret of {subject} in {locale}
    </main>
  )
}
