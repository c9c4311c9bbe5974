from fastapi.middleware.cors import CORSMiddleware

?replaces # In place of what sets Access-Control-Allow-Origin now.
# At the end of the file. Wraps the whole application, so that unhandled errors (500) carry the headers too.
app = CORSMiddleware(
    app,
    allow_origins=["<<origin>>"],
    allow_methods=[<<methods_quoted>>],
    ?headers allow_headers=[<<headers_quoted>>],
    ?expose expose_headers=[<<expose_quoted>>],
    ?credentials allow_credentials=True,
    max_age=<<max_age>>,
)
