SELECT json_build_object(
  'strapi_api_tokens', (SELECT json_agg(t) FROM (
    SELECT id, name, description, kind, type, access_key, encrypted_key,
      expires_at AT TIME ZONE 'UTC' AS expires_at, created_at AT TIME ZONE 'UTC' AS created_at
    FROM strapi_api_tokens ORDER BY id) t),
  'strapi_api_token_permissions', (SELECT json_agg(p) FROM (
    SELECT id, action FROM strapi_api_token_permissions ORDER BY id) p),
  'strapi_api_token_permissions_token_lnk', (SELECT json_agg(l) FROM (
    SELECT api_token_permission_id, api_token_id FROM strapi_api_token_permissions_token_lnk ORDER BY id) l))
