-- Text that a spreadsheet would run, or read as a number, a date or a truth value, with a quote
-- before it; the patterns are those of `spreadsheets`.
create temp macro neutral(value) as case
    when regexp_matches(value, getvariable('run'), 'i')
        or regexp_matches(value, getvariable('words'), 'i')
        or (
            regexp_matches(value, getvariable('digit'))
            and regexp_matches(value, getvariable('parts'), 'i')
        )
    then '''' || value
    else value
end
