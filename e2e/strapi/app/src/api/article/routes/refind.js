module.exports = {
  routes: [{ method: 'POST', path: '/articles/refind', handler: 'api::article.article.refind' }],
}
