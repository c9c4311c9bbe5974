const cors = require('cors');

?replaces // In place of what sets Access-Control-Allow-Origin now.
// Before every route, and before authentication. A list makes the middleware add `Vary: Origin`.
app.use(
  cors({
    origin: ['<<origin>>'],
    methods: [<<methods_quoted>>],
    allowedHeaders: [<<headers_quoted>>], // without the list whatever is asked for is allowed
    ?expose exposedHeaders: [<<expose_quoted>>],
    credentials: <<credentials>>,
    maxAge: <<max_age>>,
  }),
);
