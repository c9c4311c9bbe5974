# Untried: no test of corswatch runs this platform. Ask again afterwards, for example with `corswatch check`.
# HTTP API: the gateway answers OPTIONS itself and replaces what the integration sends.
aws apigatewayv2 update-api --api-id API_ID --cors-configuration '{
  "AllowOrigins": ["<<origin>>"],
  "AllowMethods": [<<methods_json>>],
  ?headers "AllowHeaders": [<<headers_json>>],
  ?expose "ExposeHeaders": [<<expose_json>>],
  "AllowCredentials": <<credentials>>,
  "MaxAge": <<max_age>>
}'
