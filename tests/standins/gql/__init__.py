"""A small strict GraphQL server core: parser, schema, validation, cost and execution.

Own, because the GraphQL libraries of Debian 12 and 13 are two incompatible generations, and because the errors
must read as the real system's do (it is a graphql-ruby server: messages and codes follow that implementation).

parse.py   text → document (also the schema language)
schema.py  the types, and coercion of input values
check.py   a document against the schema: every rule that a careless client breaks
run.py     execution, by resolvers named "Type.field"
"""
