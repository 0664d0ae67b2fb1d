module.exports = ({ env }) => ({
  auth: { secret: 'admin-secret-of-this-test' },
  apiToken: { salt: env('API_TOKEN_SALT') },
  secrets: { encryptionKey: env('ENCRYPTION_KEY') },
  transfer: { token: { salt: 'transfer-salt-of-this-test' } },
  // The panel is not built: nothing here needs a browser.
  serveAdminPanel: false,
})
