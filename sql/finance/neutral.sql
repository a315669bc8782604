-- Text that a spreadsheet would run (= + - @, tab or return, after blanks) with a quote before it.
create temp macro neutral(value) as case
    when regexp_matches(ltrim(value, getvariable('blanks')), '^[=+\-@＝＋－＠]')
        or regexp_matches(ltrim(value, getvariable('blanks_but_tab')), '^[\t\r]')
        then '''' || value
    else value
end
