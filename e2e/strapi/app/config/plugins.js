module.exports = () => ({
  'users-permissions': { config: { jwtSecret: 'jwt-secret-of-this-test' } },
  graphql: { enabled: true, config: { landingPage: false } },
})
