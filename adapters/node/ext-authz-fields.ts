/**
 * Made by scripts/ext-authz.ts of envoy/service/auth/v3/external_auth.proto, as @grpc/grpc-js-xds 1.14.1 carries it.
 */
export const CHECK_REQUEST = {
  attributes: {
    number: 1,
    type: {
      source: {
        number: 1,
        type: {
          address: {
            number: 1,
            type: { socket_address: { number: 1, type: { address: { number: 2, type: 'string' } } } },
          },
        },
      },
      request: {
        number: 4,
        type: {
          http: {
            number: 2,
            type: {
              method: { number: 2, type: 'string' },
              headers: {
                number: 3,
                type: { key: { number: 1, type: 'string' }, value: { number: 2, type: 'string' } },
                repeated: true,
              },
              path: { number: 4, type: 'string' },
              host: { number: 5, type: 'string' },
              scheme: { number: 6, type: 'string' },
              query: { number: 7, type: 'string' },
              fragment: { number: 8, type: 'string' },
              header_map: {
                number: 13,
                type: {
                  headers: {
                    number: 1,
                    type: {
                      key: { number: 1, type: 'string' },
                      value: { number: 2, type: 'string' },
                      raw_value: { number: 3, type: 'bytes' },
                    },
                    repeated: true,
                  },
                },
              },
            },
          },
        },
      },
    },
  },
} as const

export const CHECK_RESPONSE = {
  status: { number: 1, type: { code: { number: 1, type: 'varint' }, message: { number: 2, type: 'string' } } },
  denied_response: {
    number: 2,
    type: {
      status: { number: 1, type: { code: { number: 1, type: 'varint' } } },
      headers: {
        number: 2,
        type: {
          header: { number: 1, type: { key: { number: 1, type: 'string' }, value: { number: 2, type: 'string' } } },
          append_action: { number: 3, type: 'varint' },
          keep_empty_value: { number: 4, type: 'varint' },
        },
        repeated: true,
      },
      body: { number: 3, type: 'string' },
    },
  },
  ok_response: {
    number: 3,
    type: {
      headers: {
        number: 2,
        type: {
          header: { number: 1, type: { key: { number: 1, type: 'string' }, value: { number: 2, type: 'string' } } },
          append_action: { number: 3, type: 'varint' },
          keep_empty_value: { number: 4, type: 'varint' },
        },
        repeated: true,
      },
      headers_to_remove: { number: 5, type: 'string', repeated: true },
      response_headers_to_add: {
        number: 6,
        type: {
          header: { number: 1, type: { key: { number: 1, type: 'string' }, value: { number: 2, type: 'string' } } },
          append_action: { number: 3, type: 'varint' },
          keep_empty_value: { number: 4, type: 'varint' },
        },
        repeated: true,
      },
      query_parameters_to_remove: { number: 8, type: 'string', repeated: true },
    },
  },
} as const
