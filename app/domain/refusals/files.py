"""Refusals about files with tables, and what is imported from them."""

from app.domain.refusals.entry import ProblemType, passing

FILES = (
    # Files with tables
    passing(
        "upload-unreadable",
        400,
        "The form holds no whole file",
        "没有收到完整的文件，请重新选择文件后再上传。",
    ),
    ProblemType(
        "mapping-unfit",
        422,
        "The columns chosen are not those of the file",
        "所选的列与文件不符，或同一列选了两次，请刷新后重新选择。",
    ),
    ProblemType(
        "mapping-incomplete",
        409,
        "A column that every row needs is not matched",
        "还有必填的内容没有对应的列，请先选择。如果文件没有表头，请补上表头后重新上传。",
    ),
    ProblemType(
        "import-has-refused",
        409,
        "Some rows are refused",
        "有些行不能导入，请改正后重新上传，或选择跳过这些行，只导入其余的。",
    ),
    ProblemType(
        "export-too-large",
        409,
        "More than 50,000 rows",
        "内容太多，每次最多导出五万行，请选择下级区域分别导出。",
    ),
    ProblemType("import-file-gone", 409, "The file was deleted, as it must be", "文件已按规定删除，请重新上传。"),
    ProblemType("file-empty", 422, "Nothing stands in the file", "文件是空的，请检查后重新上传。"),
    ProblemType(
        "file-too-large",
        422,
        "The file or what stands in it is too large",
        "文件太大，最大十兆，请删去图片和无关内容，或拆成几个文件后再上传。",
    ),
    ProblemType(
        "file-too-many-rows",
        422,
        "More than 50,000 rows or 100 columns",
        "表格太大，每个表最多五万行、一百列，请拆成几个文件，并删去远处多余的行和列后再上传。",
    ),
    ProblemType(
        "file-not-a-table",
        422,
        "Neither xlsx nor csv",
        "这不是表格文件，请用 Excel 或 WPS 打开，另存为 xlsx 后再上传。",
    ),
    ProblemType(
        "file-old-excel",
        422,
        "A spreadsheet of another format",
        "暂不支持旧版或其他格式的表格，请用 Excel 或 WPS 打开，另存为 xlsx 后再上传。",
    ),
    ProblemType(
        "file-has-macros",
        422,
        "The file holds macros",
        "文件带有宏，为了安全不能上传，请另存为不带宏的 xlsx 后再上传。",
    ),
    ProblemType("file-encrypted", 422, "The file has a password", "文件设有打开密码，请取消密码并保存后再上传。"),
    ProblemType(
        "file-is-packed-too-densely",
        422,
        "Small packed, huge unpacked, or packed twice",
        "文件解压后过大，或者里面还有压缩包，请把内容复制到新的表格，另存为 xlsx 后再上传。",
    ),
    ProblemType(
        "file-encoding-unknown",
        422,
        "The characters of the text cannot be read",
        "无法识别文件的文字编码，请用 Excel 或 WPS 打开，另存为 xlsx 后再上传。",
    ),
    ProblemType(
        "file-damaged",
        422,
        "The file contradicts itself or is cut off",
        "文件已损坏或不完整，请用 Excel 或 WPS 打开，另存为新的 xlsx 后再上传。",
    ),
    ProblemType(
        "file-has-no-such-sheet", 422, "No visible sheet has the name", "文件里没有这个工作表，请重新选择工作表。"
    ),
    # Pictures
    ProblemType("media-too-large", 413, "The picture is larger than 10 MB", "图片太大，最大十兆，请压缩后再上传。"),
    ProblemType(
        "media-type-unknown",
        415,
        "Not a JPEG, PNG, WebP, GIF or BMP, whatever its name says",
        "不支持这种格式的文件，请选择手机拍摄的照片或截图后再上传。",
    ),
    ProblemType(
        "media-too-many-pixels",
        422,
        "More than 40 million pixels, or a side of more than 30,000",
        "图片的尺寸太大，请截取或缩小后再上传。",
    ),
    ProblemType(
        "media-unreadable",
        422,
        "The picture contradicts itself or is cut off",
        "图片已损坏或不完整，请重新拍摄或选择后再上传。",
    ),
    ProblemType(
        "media-unknown",
        422,
        "A picture is not the caller's, shows something else, or was rejected",
        "有的图片不存在、已经用过，或不适合发布，请重新选择图片后再提交。",
    ),
    passing(
        "media-too-many",
        429,
        "Thirty pictures of the caller belong to nothing yet",
        "您上传的图片还有很多没有使用，请先发布，或明天再上传。",
        3600,
    ),
)
