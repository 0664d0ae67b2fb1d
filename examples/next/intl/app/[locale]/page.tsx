export default async function Page({ params }: { readonly params: Promise<{ readonly locale: string }> }) {
  const { locale } = await params
  return <main>{locale === 'fr' ? 'Bonjour' : 'Hello'}</main>
}

export const generateStaticParams = () => [{ locale: 'en' }, { locale: 'fr' }]
